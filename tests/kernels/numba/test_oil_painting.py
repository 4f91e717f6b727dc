"""Oil painting: OpenCV's picture bit for bit, and windows beyond the picture."""

from __future__ import annotations

import numpy as np

from tests.kernels.pictures import KERNELS, OPENCV, made_pictures, photographs


def test_oil_painting_is_opencvs_bit_for_bit() -> None:
    for image in photographs().values():
        for params in ({}, {"size": 3, "dynRatio": 1}, {"size": 11, "dynRatio": 30}):
            assert np.array_equal(
                KERNELS["oil_painting"](image, **params), OPENCV["oil_painting"](image, **params)
            )


def test_a_window_larger_than_the_picture_sees_all_of_it() -> None:
    image = made_pictures()["2 x 3"]
    painted = KERNELS["oil_painting"](image, size=50, dynRatio=127)
    assert (painted == painted[0, 0]).all()
