"""Stylization where OpenCV's is wrong: flat pictures and large ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.kernels.pictures import KERNELS, OPENCV, REFERENCES, assert_agrees_with_reference, levels_apart
from toolkit.images.photos import at_size, photo


@pytest.mark.parametrize("shape", [(1, 1), (1, 70), (70, 1), (50, 60)])
def test_a_flat_picture_within_reach_of_its_first_pixel_stays_flat(shape: tuple[int, int]) -> None:
    """OpenCV divides by an empty box there, and paints the picture black."""
    image = np.full((*shape, 3), (90, 128, 201), np.uint8)
    assert np.array_equal(KERNELS["stylization"](image), image)
    assert not OPENCV["stylization"](image).any()


def test_a_real_photograph_above_opencvs_limit_agrees_with_the_reference(test_images: Path) -> None:
    file = next((test_images / "photos_12mp").glob("Morskie*"))
    image, _ = at_size(photo(file), 3000, 2250)
    reference = REFERENCES["stylization"](image)
    assert_agrees_with_reference(KERNELS["stylization"](image), reference)
    # OpenCV's index is a float32: beyond 2**24 elements neighbours collapse.
    assert np.mean(levels_apart(OPENCV["stylization"](image), reference) > 8) > 0.01
