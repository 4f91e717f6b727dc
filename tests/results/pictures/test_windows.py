"""Which square of a picture is worth a close look."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.core.errors import InvalidValue
from toolkit.results.pictures.windows import Window, densest, most_detailed


def test_the_most_detailed_square_is_where_neighbours_differ():
    photo = np.full((120, 180, 3), 128, np.uint8)
    photo[64:96, 96:128] = (np.indices((32, 32)).sum(0) % 2 * 255)[..., None]
    assert most_detailed(photo, side=32) == Window(96, 64, 32)
    half = np.zeros((40, 80, 1), np.uint8)
    half[:, :20] = 255  # one hard edge is less detail than faint checks all over
    half[20:, 40:] = (np.indices((20, 40)).sum(0) % 2 * 30)[..., None]
    assert most_detailed(half, side=16).left >= 40


def test_a_small_picture_gives_a_small_square():
    assert most_detailed(np.zeros((3, 5, 3), np.uint8), side=64) == Window(0, 0, 3)


def test_a_side_of_nothing_is_refused():
    with pytest.raises(InvalidValue, match="at least 1 px"):
        most_detailed(np.zeros((3, 5, 3), np.uint8), side=0)


def test_the_densest_square_may_lie_at_the_far_edge():
    values = np.zeros((50, 70), np.uint8)
    values[-1, -1] = 255
    assert densest(values, side=16) == Window(54, 34, 16)
