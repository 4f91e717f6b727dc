"""The header says format and size without a pixel being decoded, and what is no picture is refused."""

import numpy as np
import pytest

from tests.apps.bad_pictures import empty, huge_png_header, text
from toolkit.core.errors import InvalidValue
from toolkit.images.header import header_of
from toolkit.images.image import save


@pytest.mark.parametrize(
    ("suffix", "kind"), [("png", "PNG"), ("jpg", "JPEG"), ("webp", "WebP"), ("tif", "TIFF"), ("bmp", "BMP")]
)
def test_every_format_says_its_size(tmp_path, suffix, kind):
    path = tmp_path / f"a.{suffix}"
    save(np.zeros((31, 47, 3), np.uint8), path)
    found = header_of(path)
    assert (found.kind, found.width, found.height) == (kind, 47, 31)


def test_the_size_of_a_bomb_is_read_and_no_pixel(tmp_path):
    found = header_of(huge_png_header(tmp_path))
    assert (found.width, found.height) == (60_000, 60_000)


@pytest.mark.parametrize("make", [empty, text])
def test_what_is_no_picture_is_refused(tmp_path, make):
    with pytest.raises(InvalidValue):
        header_of(make(tmp_path))


def test_a_header_that_ends_too_early_is_refused(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    with pytest.raises(InvalidValue):
        header_of(path)
