"""Strips and tiles of a TIFF file that are missing or short are found."""

from __future__ import annotations

import io
import re
import zlib

import numpy as np
import pytest
import tifffile

from tests.images.decoders.drawn_tiff import DEFLATE, RAW, RGB, drawn, page, tiff
from toolkit.images.decoders.tiff_pages import picture_page
from toolkit.images.decoders.tiff_strips import check_strips


def check(data: bytes) -> None:
    check_strips(data, picture_page(io.BytesIO(data)).tags)


@pytest.mark.parametrize("compression", [RAW, DEFLATE])
def test_all_strips_are_enough_and_one_less_is_not(compression: int) -> None:
    tags, strips = page(drawn(8, 3), 8, RGB, compression=compression)
    check(tiff([(tags, strips)]))
    with pytest.raises(ValueError, match="4 of 5 strips"):
        check(tiff([(tags, strips[:-1])]))
    short = strips[1][:-9] if compression == RAW else zlib.compress(b"short")
    with pytest.raises(ValueError, match="strip 2 ends early"):
        check(tiff([(tags, [strips[0], short, *strips[2:]])]))


@pytest.mark.parametrize("planes", ["contig", "separate"])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_all_tiles_are_enough_and_a_shortened_file_is_not(planes: str, compression: str | None) -> None:
    picture = np.random.default_rng(5).integers(0, 256, (50, 70, 3), dtype=np.uint8)
    if planes == "separate":
        picture = np.ascontiguousarray(np.moveaxis(picture, -1, 0))
    file = io.BytesIO()
    tifffile.imwrite(
        file,
        picture,
        photometric="rgb",
        planarconfig=planes,
        tile=(32, 16),
        compression=compression,
        metadata=None,
    )
    check(file.getvalue())
    with pytest.raises(ValueError, match=re.compile("is not in the file")):
        check(file.getvalue()[:-20])
