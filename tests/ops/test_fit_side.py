"""Shrinking to a longest side: exactly that, never enlarged, by cv2.resize."""

import cv2
import hypothesis.strategies as st
import numpy as np
from hypothesis import given, settings

import toolkit as tk
from toolkit.contracts.operation import OPERATIONS

LENGTH = st.integers(1, 20_000) | st.integers(1, 12)


@settings(max_examples=300, deadline=None)
@given(height=LENGTH, width=LENGTH, side=LENGTH)
def test_the_longest_side_fits_exactly_and_is_never_enlarged(height, width, side):
    rows, columns, channels = OPERATIONS["fit_side"].shape(height, width, {"side": side})
    assert channels == 3
    assert max(rows, columns) == min(side, max(height, width))
    assert 1 <= rows <= height and 1 <= columns <= width
    if min(rows, columns) > 1:
        scale = max(rows, columns) / max(height, width)
        assert abs(min(rows, columns) - min(height, width) * scale) <= 0.5 + 1e-9


def test_the_output_is_that_of_cv2_resize():
    photo = tk.photo("coffee")
    small = tk.apply("fit_side", photo, side=300)
    assert small.shape == (200, 300, 3)
    assert (small == cv2.resize(photo, (300, 200), interpolation=cv2.INTER_AREA)).all()


def test_a_picture_that_fits_is_a_copy():
    photo = tk.photo("coffee")
    same = tk.apply("fit_side", photo, side=600)
    assert (same == photo).all()
    assert not np.shares_memory(same, photo)
