"""What every sheet of pictures has in common: its grid, its captions, its boxes."""

from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from tests.results.drawn import BLUE, RED, has_white_edges, plain
from toolkit.core.errors import InvalidValue
from toolkit.images.photos import photo
from toolkit.results.pictures.sheets import contact_sheet, draw_box, listed, sheet_of, show_pixels
from toolkit.results.pictures.windows import Window


@pytest.mark.parametrize("columns", [1, 2, 4])
def test_nothing_is_clipped_and_captions_are_broken_to_the_width_of_a_picture(columns):
    long = "a caption of so many words that it does not fit above its picture in one line or in two " * 2
    cells = {long: plain(RED, 40, 60), "short": plain(BLUE, 60, 40), "two\nlines": plain((9,), 30, 90)}
    chart = sheet_of(cells.items(), owner="here", columns=columns, title="A title")
    assert has_white_edges(chart)
    assert "\n" in chart.axes[0].get_title(loc="left") and chart.get_suptitle() == "A title"


def test_a_tall_row_does_not_make_the_others_tall():
    wide, tall = plain(RED, 20, 60), plain(RED, 60, 20)
    mixed = sheet_of([("a", wide), ("b", tall)], owner="here", columns=1).get_figheight()
    both_tall = sheet_of([("a", tall), ("b", tall)], owner="here", columns=1).get_figheight()
    assert mixed < 0.7 * both_tall


def test_the_axes_are_in_pixels_of_a_picture_that_is_shown_smaller():
    axes = sheet_of([("large", plain(RED, 1000, 2000))], owner="here", columns=1).axes[0]
    assert axes.images[0].get_extent() == [0, 2000, 1000, 0]
    assert np.asarray(axes.images[0].get_array()).shape == (320, 640, 3)


def test_a_box_is_drawn_with_a_white_rim_and_pixels_as_squares():
    axes = sheet_of([("x", plain(RED))], owner="here", columns=1).axes[0]
    draw_box(axes, Window(3, 4, 10))
    show_pixels(axes)
    assert [patch.get_xy() for patch in axes.patches] == [(3, 4)] * 2
    assert to_hex(axes.patches[0].get_edgecolor()) == "#ffffff"
    assert axes.images[0].get_interpolation() == "nearest"


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 400, 3), (30, 20, 1), (30, 20, 4)])
def test_any_shape_is_shown(shape):
    assert sheet_of([("x", np.zeros(shape, np.uint8))], owner="here").png().startswith(b"\x89PNG")


def test_captions_are_listed_in_one_line():
    assert listed(["one\n9 ms", "two"]) == "one, 9 ms; two"


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


def test_a_sheet_is_shown_as_a_jpeg_as_wide_as_the_page():
    sheet = contact_sheet({"coffee": photo("coffee")})
    data, metadata = sheet._repr_mimebundle_()
    assert data["image/jpeg"].startswith(b"\xff\xd8") and metadata["image/jpeg"]["width"] == 1240
    assert metadata["image/jpeg"]["alt"] and len(data["image/jpeg"]) < len(sheet.png()) / 3
