"""Every compiled style agrees with the float64 reference, and with OpenCV where OpenCV is right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.kernels.pictures import (
    CASES,
    IDS,
    KERNELS,
    OPENCV,
    REFERENCES,
    assert_agrees_with_reference,
    levels_apart,
    made_pictures,
    photographs,
)
from toolkit.images.image import Image

MADE = made_pictures()
PHOTOGRAPHS = photographs()


def assert_agrees_with_opencv(ours: Image, theirs: Image, reference: Image, *, levels: int) -> None:
    """Pixels where OpenCV differs from the reference do not count: there its float32 sums are wrong."""
    apart = levels_apart(ours, theirs)
    opencv_is_right = levels_apart(theirs, reference) <= levels
    assert np.mean(~opencv_is_right) <= 5e-3
    assert np.mean(apart[opencv_is_right] > levels) <= 1e-5
    assert apart[opencv_is_right].max(initial=0) <= 3
    if levels == 1:
        theirs_apart = np.abs(theirs.astype(np.int16) - reference.astype(np.int16)).mean()
        ours_apart = np.abs(ours.astype(np.int16) - theirs.astype(np.int16)).mean()
        assert ours_apart < 0.01 + theirs_apart


@pytest.mark.parametrize(("style", "params"), CASES, ids=IDS)
def test_made_pictures_agree_with_the_reference(style: str, params: dict[str, Any]) -> None:
    for image in MADE.values():
        assert_agrees_with_reference(KERNELS[style](image, **params), REFERENCES[style](image, **params))


@pytest.mark.parametrize(("style", "params"), CASES, ids=IDS)
def test_photographs_agree_with_the_reference_and_opencv(style: str, params: dict[str, Any]) -> None:
    for image in PHOTOGRAPHS.values():
        ours, reference = KERNELS[style](image, **params), REFERENCES[style](image, **params)
        assert_agrees_with_reference(ours, reference)
        levels = 2 if style == "detail_enhance" else 1
        assert_agrees_with_opencv(ours, OPENCV[style](image, **params), reference, levels=levels)


@pytest.mark.parametrize("picture", ["flat", "black", "saturated", "stripes", "noise", "17 x 31"])
@pytest.mark.parametrize("style", list(KERNELS))
def test_made_pictures_agree_with_opencv(style: str, picture: str) -> None:
    image = MADE[picture]
    ours, theirs, reference = KERNELS[style](image), OPENCV[style](image), REFERENCES[style](image)
    if style == "detail_enhance":  # OpenCV reads Lab from a coarse table, furthest off on pure noise
        assert levels_apart(ours, theirs).max() <= 3
    else:
        assert_agrees_with_opencv(ours, theirs, reference, levels=1)


@pytest.mark.parametrize("picture", ["one pixel", "one row", "one column", "2 x 3"])
@pytest.mark.parametrize("style", ["edge_preserving", "oil_painting", "detail_enhance"])
def test_tiny_pictures_agree_with_opencv(style: str, picture: str) -> None:
    image = MADE[picture]
    assert levels_apart(KERNELS[style](image), OPENCV[style](image)).max() <= 2
