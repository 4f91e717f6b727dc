"""Sheets of differences: how far each picture is off, and where a wrong picture differs most."""

from __future__ import annotations

import numpy as np
import pytest

from tests.results.drawn import has_white_edges, plain
from toolkit.core.errors import InvalidValue
from toolkit.results.pictures.differences import defect_sheet, difference_sheet

RIGHT = plain((100, 100, 100), 120, 160)
GREY = np.full((24, 32, 3), 100, np.uint8)


def test_it_says_how_far_each_is_off():
    off = GREY.copy()
    off[0, 0, 0] += 6
    alt = difference_sheet(GREY, {"same": GREY, "openvino bf16": off}).alt
    assert "same, equal;" in alt
    assert "openvino bf16, differs by at most 6 of 255, 0.0026 on average" in alt


def test_what_is_shown_is_the_difference_times_the_gain_and_black_where_equal():
    off = GREY.copy()
    off[:, 16:] += 4
    chart = difference_sheet(GREY, {"half": off}, gain=10)
    shown = np.asarray(chart.axes[1].images[0].get_array())
    assert not shown[:, :16].any() and (shown[:, 16:] == 40).all()
    assert "10 times as large" in chart.alt


@pytest.mark.parametrize(
    ("pictures", "gain"),
    [({}, 16), ({"small": GREY[:8]}, 16), ({"same": GREY}, 0)],
    ids=["none", "shape", "gain"],
)
def test_what_cannot_be_shown_is_one_sentence(pictures, gain):
    with pytest.raises(InvalidValue):
        difference_sheet(GREY, pictures, gain=gain)


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
