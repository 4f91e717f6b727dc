"""The sheet of differences: what it says of each picture, and that black is equal."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.core.errors import InvalidValue
from toolkit.results.pictures.differences import difference_sheet

GREY = np.full((24, 32, 3), 100, np.uint8)


def test_it_says_how_far_each_is_off():
    off = GREY.copy()
    off[0, 0, 0] += 6
    alt = difference_sheet(GREY, {"same": GREY, "openvino bf16": off}).alt
    assert "same, equal;" in alt
    assert "openvino bf16, off by at most 6 of 255, 0.0026 on average" in alt


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
