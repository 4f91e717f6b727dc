"""Where a wrong picture differs most, and how much of it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.results.drawn import has_white_edges, plain
from toolkit.core.errors import InvalidValue
from toolkit.results.pictures.defect import defect_sheet

RIGHT = plain((100, 100, 100), 120, 160)


@pytest.fixture
def wrong():
    picture = RIGHT.copy()
    picture[80:100, 120:140, 1] += 50  # 400 of 19 200 pixels
    picture[:10, :10] += 8  # too little to be seen
    return picture


def test_only_visible_differences_count(wrong):
    assert "2.1 % of the pixels" in defect_sheet(RIGHT, wrong).alt  # 400 of 19 200


def test_the_worst_square_of_both_is_shown_beside_the_map(wrong):
    chart = defect_sheet(RIGHT, wrong, names=("numba", "OpenCV"), side_px=40)
    whole, spread, good, bad, _ = chart.axes
    left, top = whole.patches[0].get_xy()
    assert 100 <= left <= 120 and 60 <= top <= 80
    assert np.asarray(good.images[0].get_array()).max() == 100
    assert np.asarray(bad.images[0].get_array()).max() == 150
    assert np.asarray(spread.images[0].get_array()).max() == 50 and spread.images[0].get_clim() == (0, 64)
    assert bad.get_title(loc="left").startswith("OpenCV, 40 px")
    assert has_white_edges(chart)


def test_a_thin_line_does_not_vanish_in_the_map_of_a_large_picture():
    right = plain((100,) * 3, 1000, 2000)
    wrong = right.copy()
    wrong[:, 777] = 0
    levels = np.asarray(defect_sheet(right, wrong).axes[1].images[0].get_array())
    assert levels.shape == (500, 1000) and (levels[:, 388] == 100).all()


def test_two_shapes_are_refused(wrong):
    with pytest.raises(InvalidValue, match="shape"):
        defect_sheet(RIGHT, wrong[:50])
