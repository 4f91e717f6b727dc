"""CartoonGAN's own layers."""

from __future__ import annotations

import torch

from toolkit.nets import cartoongan


def test_cartoongan_doubles_as_tensorflow_one_did():
    row = torch.tensor([0.0, 2.0, 6.0]).reshape(1, 1, 1, 3)
    assert cartoongan._doubled(row, 3).ravel().tolist() == [0, 1, 2, 4, 6, 6]
