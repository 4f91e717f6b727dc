"""The size at which OpenCV's normalised convolution starts to be wrong."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.contracts.operation import OPERATIONS
from toolkit.ops._domain_transform import float32_index_limit

LIMIT = float32_index_limit("cv2.stylization")


@pytest.mark.parametrize("height", [1, 1000, 2052])
def test_the_limit_is_where_float32_cannot_hold_an_index(height):
    widest = 2**24 // (3 * height) - 1
    assert LIMIT(height, widest, {}) == ""
    assert LIMIT(height, widest + 1, {}).startswith(f"cv2.stylization is wrong at {widest + 1} x {height} px")
    assert np.float32(3 * height * (widest + 2)) >= 2**24


def test_edge_preserving_has_the_limit_for_one_of_its_filters():
    smooth = OPERATIONS["edge_preserving"]
    recursive, normalised = (
        smooth.wrong_because("opencv", 3024, 4032, smooth.resolve({"flags": flags}))
        for flags in ("RECURS_FILTER", "NORMCONV_FILTER")
    )
    assert recursive == ""
    assert "2^24" in normalised
