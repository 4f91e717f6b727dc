"""ESPCN: agreement with dnn_superres, and unsupported scales."""

from __future__ import annotations

import numpy as np
import pytest

import toolkit as tk
from toolkit.core.errors import InvalidValue


def test_an_unsupported_scale_is_refused_in_one_sentence():
    with pytest.raises(InvalidValue, match="'scale' of espcn must be one of 2, 3, 4; got 1."):
        tk.apply("espcn", np.zeros((2, 2, 3), np.uint8), scale=1)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_torch_agrees_with_dnn_superres(real_weights, monkeypatch, scale):
    monkeypatch.setenv("ATELIER_WEIGHTS", str(real_weights))
    photo = np.ascontiguousarray(tk.photo("chelsea")[100:160, 100:190])
    ours, theirs = (
        tk.apply("espcn", photo, scale=scale, backend=backend) for backend in ("torch", "opencv_dnn")
    )
    assert ours.shape == (60 * scale, 90 * scale, 3)
    assert np.abs(ours.astype(int) - theirs).max() <= 1
