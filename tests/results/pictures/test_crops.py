"""A closer look: the right square of each picture, its pixels as they are, captions that tell all."""

from __future__ import annotations

import numpy as np
import pytest

from tests.results.model_rows import anime_rows
from toolkit.core.errors import InvalidValue
from toolkit.results.pictures.captions import caption_of
from toolkit.results.pictures.crops import crop_sheet
from toolkit.results.pictures.windows import Window


@pytest.fixture
def photo():
    """Grey with one square of checks."""
    image = np.full((120, 180, 3), 128, np.uint8)
    image[64:96, 96:128] = (np.indices((32, 32)).sum(0) % 2 * 255)[..., None]
    return image


def shown(axes):
    return np.asarray(axes.images[0].get_array())


def test_pixels_of_a_crop_are_those_of_the_picture(photo):
    chart = crop_sheet(photo, {"as it is": photo, "inverted": 255 - photo}, window=Window(90, 60, 40))
    whole, one, other = chart.axes[:3]
    assert np.array_equal(shown(one), photo[60:100, 90:130, ::-1])
    assert np.array_equal(shown(other), 255 - photo[60:100, 90:130, ::-1])
    assert one.images[0].get_interpolation() == "nearest"
    assert [patch.get_xy() for patch in whole.patches] == [(90, 60)] * 2
    assert "box: 40 px at (90, 60)" in whole.get_title(loc="left") and "most detailed" not in chart.axes[
        0
    ].get_title(loc="left")


def test_the_small_input_is_enlarged_and_says_so(photo):
    small = np.ascontiguousarray(photo[::3, ::3])
    chart = crop_sheet(photo, {"input": small, "truth": photo})
    assert chart.axes[1].get_title(loc="left").replace("\n", " ") == "input (enlarged, bicubic)"
    assert shown(chart.axes[1]).shape == shown(chart.axes[2]).shape
    assert "most detailed part" in chart.axes[0].get_title(loc="left").replace("\n", " ")
    assert "input (enlarged, bicubic)" in chart.alt and "truth" in chart.alt


def test_an_untrained_picture_is_named_so(photo):
    assert "untrained" in crop_sheet(photo, {caption_of(anime_rows()[0]): photo}).alt


@pytest.mark.parametrize(
    ("pictures", "given", "part"),
    [
        ({}, {}, "at least one picture"),
        ({"x": np.zeros((10, 99, 3), np.uint8)}, {}, "the same scene"),
        ({"x": np.zeros((120, 180, 3))}, {}, "uint8"),
        (None, {"window": Window(170, 0, 40)}, "a square within 180 x 120 px"),
        (None, {"columns": 0}, "at least 1"),
    ],
)
def test_what_cannot_be_shown_is_a_sentence(photo, pictures, given, part):
    with pytest.raises(InvalidValue, match=part):
        crop_sheet(photo, {"x": photo} if pictures is None else pictures, **given)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 400, 3), (30, 20, 1), (30, 20, 4)])
def test_any_shape_is_shown(shape):
    image = np.zeros(shape, np.uint8)
    assert crop_sheet(image, {"x": image}).png().startswith(b"\x89PNG")
