"""Of the pages of a TIFF file, the one that is the picture is found, with its palette in 8 bits."""

from __future__ import annotations

import io

import numpy as np
import pytest
import tifffile

from tests.images.decoders import drawn_tiff
from tests.images.decoders.drawn_tiff import RGB as RGB_PIXELS
from tests.images.decoders.drawn_tiff import SHORT
from tests.images.picture_files import RGB
from toolkit.images.decoders.tiff_pages import beginning_at, picture_page


def pages(*kinds: int, order: str = "<", big: bool = False) -> io.BytesIO:
    file = io.BytesIO()
    with tifffile.TiffWriter(file, bigtiff=big, byteorder=order) as writer:
        for number, kind in enumerate(kinds, 1):
            values = np.full((number, number, 3), number, np.uint8)
            writer.write(values, photometric="rgb", subfiletype=kind, metadata=None)
    return file


@pytest.mark.parametrize(("order", "big"), [("<", False), (">", False), ("<", True)])
def test_the_page_that_is_no_thumbnail_becomes_the_first(order: str, big: bool) -> None:
    file = pages(1, 0, 1, order=order, big=big)
    page = picture_page(file)
    moved = beginning_at(file, page.start)
    assert page.others == 0
    for found, side in ((moved, 2), (file, 1)):
        found.seek(0)
        assert tifffile.TiffFile(found).pages[0].shape == (side, side, 3)
    assert "big-endian BigTIFF" in picture_page(pages(0, order=">", big=True)).uncovered


def test_further_full_pages_are_counted() -> None:
    assert [picture_page(pages(*kinds)).others for kinds in ((0,), (0, 0), (0, 1, 0, 0))] == [0, 1, 2]


def test_a_thumbnail_in_the_words_of_tiff_5_is_left_out() -> None:
    small, large = (drawn_tiff.page(drawn_tiff.drawn(8, 3)[:side, :side], 8, RGB_PIXELS) for side in (5, 30))
    small[0][255] = (SHORT, [2])
    file = io.BytesIO(drawn_tiff.tiff([small, large]))
    page = picture_page(file)
    assert page.others == 0 and page.tags[256] == 30


def test_one_page_is_the_picture_whatever_it_says() -> None:
    assert picture_page(pages(1)).others == 0
    with pytest.raises(ValueError, match="thumbnails only"):
        picture_page(pages(1, 1))


def test_what_is_not_covered_is_said() -> None:
    file = io.BytesIO()
    tifffile.imwrite(file, RGB.astype(np.float32), photometric="rgb")
    assert "32-bit floating-point" in picture_page(file).uncovered
