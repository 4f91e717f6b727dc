"""Pictures made small enough for a page."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from tests.results.drawn import RED, plain
from toolkit.results.pictures.shrunk import jpeg_of, shrunk


@pytest.mark.parametrize(
    ("height", "width", "size"), [(50, 100, (100, 50)), (300, 600, (200, 100)), (3000, 1, (1, 200))]
)
def test_the_longest_side_is_at_most_what_is_asked_for(height, width, size):
    assert shrunk(plain(RED, height, width), 200).size == size


def test_the_colours_are_rgb_grey_is_repeated_and_transparent_is_white():
    assert shrunk(plain(RED), 99).getpixel((0, 0)) == (255, 0, 0)
    assert shrunk(plain((90,)), 99).getpixel((0, 0)) == (90, 90, 90)
    assert shrunk(plain((*RED, 0)), 99).getpixel((0, 0)) == (255, 255, 255)


def test_a_jpeg_is_close_to_the_picture():
    read = Image.open(io.BytesIO(jpeg_of(shrunk(plain(RED), 99))))
    assert read.format == "JPEG" and np.allclose(np.asarray(read), (255, 0, 0), atol=3)
