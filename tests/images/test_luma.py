"""Luma agrees with OpenCV's YCrCb and with the range that BT.601 gives."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from toolkit.images.luma import FULL_RANGE, STUDIO_RANGE, full_range_luma
from toolkit.images.photos import photo


def test_full_range_luma_is_opencvs_before_rounding() -> None:
    image = photo("coffee")
    rounded = cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb)[..., 0]
    assert np.abs(full_range_luma(image) - rounded).max() <= 0.51


@pytest.mark.parametrize("channels", [1, 4])
def test_grey_is_its_own_luma_and_alpha_does_not_count(channels: int) -> None:
    image = np.full((2, 3, channels), 90, np.uint8)
    image[..., 3:] = 7
    assert full_range_luma(image) == pytest.approx(np.full((2, 3), 90), abs=1e-4)


def test_white_is_255_in_full_range_and_235_in_studio_range() -> None:
    white = np.full(3, 255.0)
    assert white @ FULL_RANGE == pytest.approx(255) and white @ STUDIO_RANGE + 16 == pytest.approx(235)
