"""A PNG file holds all of its rows, with the right checksums, or an error says what is wrong."""

from __future__ import annotations

import zlib

import pytest

from tests.images.decoders.drawn_png import HEIGHT, RGB, WIDTH, png
from toolkit.images.decoders.png_chunks import check_pixels, chunks

ROWS = (b"\0" + b"rgb" * WIDTH) * HEIGHT


def test_chunks_come_in_order_with_their_content() -> None:
    found = [(name, len(content)) for name, content in chunks(png(ROWS, depth=8, colour=RGB))]
    assert found == [(b"IHDR", 13), (b"IDAT", len(zlib.compress(ROWS))), (b"IEND", 0)]


def test_all_rows_are_enough_and_more_do_no_harm() -> None:
    check_pixels(png(ROWS, depth=8, colour=RGB))
    check_pixels(png(ROWS * 1000, depth=8, colour=RGB))


def test_missing_rows_are_told_with_their_share() -> None:
    with pytest.raises(ValueError, match="50% of the rows"):
        check_pixels(png(ROWS[: len(ROWS) // 2], depth=8, colour=RGB))
