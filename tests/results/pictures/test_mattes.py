"""Mattes beside each other: right colours, right signs, the truth in the first row."""

from __future__ import annotations

import numpy as np
import pytest

from tests.results.drawn import has_white_edges
from toolkit.core.errors import InvalidValue
from toolkit.results.pictures.mattes import cut_out, matte_sheet


def plain(value, channels=1):
    return np.full((40, 30, channels), value, np.uint8)


def shown(axes):
    return np.asarray(axes.images[0].get_array())


def test_a_row_for_each_matte_and_one_for_the_truth():
    chart = matte_sheet(plain(200, 3), {"one\n9 ms": plain(255), "other": plain(0)}, truth=plain(51))
    grid = np.array(chart.axes[:9]).reshape(3, 3)
    assert shown(grid[0, 0])[0, 0].tolist() == [200] * 3 and shown(grid[0, 1])[0, 0].tolist() == [51] * 3
    assert grid[1, 0].get_title(loc="left") == "one\n9 ms"
    assert shown(grid[1, 1])[0, 0].tolist() == [200] * 3  # all in front
    assert shown(grid[2, 1])[0, 0].tolist() == [60, 160, 70]  # all behind: the colour, RGB
    assert shown(grid[1, 2])[0, 0] == 204 and shown(grid[2, 2])[0, 0] == -51
    assert "one, 9 ms; other" in chart.alt and "difference from the ground truth" in chart.alt


def test_without_a_truth_there_is_no_difference():
    chart = matte_sheet(plain(200, 3), {"one": plain(255)})
    assert [len(axes.images) for axes in chart.axes] == [1, 0, 0, 1, 1, 0]
    assert "truth" not in chart.alt


def test_cut_out_mixes_by_alpha():
    assert cut_out(plain(200, 3), plain(51), color=(0, 100, 0))[0, 0].tolist() == [40, 120, 40]


def test_nothing_is_clipped():
    captions = {"matting@onnxruntime fp32 model=prisma\n21.2 ms\nMAD 0.0410": plain(9), "x": plain(1)}
    assert has_white_edges(matte_sheet(plain(9, 3), captions, truth=plain(8)))


@pytest.mark.parametrize(
    ("mattes", "part"),
    [
        ({}, "at least one matte"),
        ({"x": plain(1, 3)}, "channel"),
        ({"x": np.zeros((2, 2, 1), np.uint8)}, "30 x 40 px"),
    ],
)
def test_what_is_no_matte_is_refused(mattes, part):
    with pytest.raises(InvalidValue, match=part):
        matte_sheet(plain(200, 3), mattes)
