"""The headers of a BMP file, and its embedded profile; its pixels are tested with those of the other formats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.images.decoders.drawn_bmp import HEIGHT, V5, WIDTH, bmp
from tests.images.decoders.drawn_profiles import DISPLAY_P3, srgb_of
from toolkit.images.decode import decode
from toolkit.images.decoders.bmp import header_of, pixels_of

COLOURS = np.random.default_rng(2).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
ROWS = [row.tobytes() for row in COLOURS]


def test_the_header_says_size_depth_and_place() -> None:
    header = header_of(bmp(ROWS, 24, top_down=True))
    assert (header.width, header.height, header.depth, header.start) == (WIDTH, HEIGHT, 24, 54)
    assert header.is_top_down and len(header.palette) == 0 and header.profile == b""


def test_the_colours_of_an_embedded_profile_are_converted(tmp_path: Path) -> None:
    (tmp_path / "p3.bmp").write_bytes(bmp(ROWS, 24, size=V5, profile=DISPLAY_P3))
    found = decode(tmp_path / "p3.bmp")
    assert found.profile == "P3 like"
    assert np.abs(found.image[..., ::-1].astype(int) - srgb_of(COLOURS[..., ::-1], DISPLAY_P3)).max() <= 3


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_what_pillow_writes_is_read(tmp_path: Path, mode: str) -> None:
    picture = Image.fromarray(np.ascontiguousarray(COLOURS[..., ::-1])).convert(mode)
    picture.save(tmp_path / "pillow.bmp")
    data = (tmp_path / "pillow.bmp").read_bytes()
    assert np.array_equal(pixels_of(data, header_of(data))[..., 2::-1], np.asarray(picture.convert("RGB")))


@pytest.mark.parametrize("data", [b"BM", b"BM" + bytes(60), bmp(ROWS, 24)[:30]])
def test_a_cut_header_is_an_error(data: bytes) -> None:
    with pytest.raises(Exception, match=r"header|unpack|bits"):
        header_of(data)
