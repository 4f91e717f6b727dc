"""The U-Net for portraits."""

from __future__ import annotations

import torch

from toolkit.models import loading
from toolkit.nets import unet_matting


def test_unet_gives_alpha_between_zero_and_one():
    module = loading.seeded("unet_matting", {"width": 8, "depth": 4}, 0)
    with torch.inference_mode():
        alpha = module(torch.rand(1, 3, 32, 48, generator=torch.Generator().manual_seed(0)))
    assert alpha.shape == (1, 1, 32, 48)
    assert 0 <= alpha.min() < 0.3 and 0.7 < alpha.max() <= 1
    planned = unet_matting.build()
    assert sum(values.numel() for values in planned.parameters()) == 7_763_041
