"""Whole pictures beside each other, in their colours, with their captions."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from tests.results.drawn import BLUE, RED, has_white_edges, plain
from toolkit.core.errors import InvalidValue
from toolkit.results.pictures.contact_sheets import contact_sheet


def test_a_contact_sheet_shows_each_picture_with_its_caption():
    photo = plain(RED, 300, 400)
    chart = contact_sheet(
        {"photo": photo, "stylization 0.3 s": plain(BLUE, 300, 400), "grey": plain((90,), 300, 400)}
    )
    assert [axes.get_title(loc="left") for axes in chart.axes] == ["photo", "stylization 0.3 s", "grey"]
    assert "photo; stylization 0.3 s; grey" in chart.alt and has_white_edges(chart)
    pixels = np.asarray(Image.open(io.BytesIO(chart.png())).convert("RGB")).reshape(-1, 3)
    for color in ((255, 0, 0), (0, 0, 255), (90, 90, 90)):
        assert (np.abs(pixels.astype(int) - color).max(axis=1) <= 2).mean() > 0.15


def test_rows_and_columns_of_a_contact_sheet():
    chart = contact_sheet({str(number): plain(RED) for number in range(5)}, columns=2)
    assert len(chart.axes) == 6 and sum(bool(axes.images) for axes in chart.axes) == 5


def test_what_is_no_picture_is_refused():
    with pytest.raises(InvalidValue, match="at least one picture"):
        contact_sheet({})
    with pytest.raises(InvalidValue, match="uint8"):
        contact_sheet({"x": plain(RED).astype(float)})
    with pytest.raises(InvalidValue, match="columns"):
        contact_sheet({"x": plain(RED)}, columns=0)
