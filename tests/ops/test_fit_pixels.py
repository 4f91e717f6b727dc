"""Shrinking to a number of pixels: never more, never enlarged, by cv2.resize."""

import cv2
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import toolkit as tk
from toolkit.contracts.operation import OPERATIONS

LENGTH = st.integers(1, 20_000) | st.integers(1, 12)


@settings(max_examples=300, deadline=None)
@given(height=LENGTH, width=LENGTH, pixels=st.integers(1, 10_000_000))
def test_the_output_is_never_larger_than_asked_or_than_the_input(height, width, pixels):
    rows, columns, channels = OPERATIONS["fit_pixels"].shape(height, width, {"pixels": pixels})
    assert channels == 3
    assert 1 <= rows <= height and 1 <= columns <= width
    assert rows * columns <= pixels
    if height * width <= pixels:
        assert (rows, columns) == (height, width)
    elif min(rows, columns) > 1:  # within the rounding of one pixel
        assert abs(rows * width / height - columns) <= max(1, width / height)
        assert (rows + 1) * (columns + 1) > pixels * 0.999


@pytest.mark.parametrize(("height", "width"), [(10_000_000, 1), (1, 10_000_000), (5000, 3), (3, 5000)])
def test_a_picture_one_pixel_wide_is_shrunk_too(height, width):
    rows, columns, _ = OPERATIONS["fit_pixels"].shape(height, width, {"pixels": 1000})
    assert 300 < rows * columns <= 1000


def test_the_output_is_that_of_cv2_resize():
    photo = tk.photo("coffee")
    small = tk.apply("fit_pixels", photo, pixels=15_000, interpolation="linear")
    assert small.shape == (100, 150, 3)
    assert (small == cv2.resize(photo, (150, 100), interpolation=cv2.INTER_LINEAR)).all()


def test_a_picture_that_fits_is_a_copy():
    photo = tk.photo("coffee")
    same = tk.apply("fit_pixels", photo, pixels=photo.shape[0] * photo.shape[1])
    assert (same == photo).all()
    assert not np.shares_memory(same, photo)
