"""Kernels that resize give the declared size with the chosen interpolation."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from toolkit.images.resizing import INTERPOLATION, resizer, scale_param

PICTURE = np.random.default_rng(0).integers(0, 256, (12, 20, 3), np.uint8)


@pytest.mark.parametrize("interpolation", INTERPOLATION.choices)
def test_every_interpolation_is_opencvs(interpolation: str) -> None:
    kernel = resizer(lambda height, width, params: (height // int(params["by"]), width // 2, 3))(cv2)
    expected = cv2.resize(PICTURE, (10, 4), interpolation=getattr(cv2, f"INTER_{interpolation.upper()}"))
    assert np.array_equal(kernel(PICTURE, interpolation=interpolation, by=3), expected)


def test_a_scale_is_one_of_those_that_the_network_has() -> None:
    param = scale_param(2, 4, default=4)
    assert (param.default, param.choices) == (4, (2, 4))
