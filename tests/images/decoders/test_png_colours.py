"""What a PNG file says of its colours in cICP, or in gAMA and cHRM, is converted as its ICC profile would be."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from tests.images.decoders.drawn_png import RGB, WIDTH, png
from tests.images.decoders.drawn_profiles import DISPLAY_P3, srgb_of
from tests.images.picture_files import png_chunk
from toolkit.images.decode import decode
from toolkit.images.decoders.png_colours import profile_of

LEVELS = np.random.default_rng(6).integers(0, 256, (13, WIDTH, 3), dtype=np.uint8)
ROWS = b"".join(b"\0" + row.tobytes() for row in LEVELS)
P3 = png_chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000))
BT_709 = png_chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000))


def gamma(value: float) -> bytes:
    return png_chunk(b"gAMA", struct.pack(">I", round(100_000 / value)))


def linear_to_srgb(levels: np.ndarray) -> np.ndarray:
    unit = levels / 255
    return 255 * np.where(unit <= 0.0031308, 12.92 * unit, 1.055 * unit ** (1 / 2.4) - 0.055)


def read(folder: Path, between: bytes) -> np.ndarray:
    (folder / "drawn.png").write_bytes(png(ROWS, depth=8, colour=RGB, between=between))
    return decode(folder / "drawn.png").image[..., ::-1].astype(int)


@pytest.mark.parametrize(
    "between",
    [
        b"",
        gamma(2.2),
        gamma(2.2) + BT_709,
        P3,
        gamma(1.0) + png_chunk(b"sRGB", b"\0"),
        png_chunk(b"cICP", b"\1\15\0\1"),
    ],
    ids=["nothing", "gamma of sRGB", "all of sRGB", "no gamma", "sRGB before gamma", "cICP of sRGB"],
)
def test_srgb_in_any_words_stays_as_it_is(tmp_path: Path, between: bytes) -> None:
    assert np.array_equal(read(tmp_path, between), LEVELS)


@pytest.mark.parametrize("between", [gamma(1.0), gamma(1.0) + BT_709, png_chunk(b"cICP", b"\1\10\0\1")])
def test_linear_light_becomes_srgb(tmp_path: Path, between: bytes) -> None:
    assert np.abs(read(tmp_path, between) - linear_to_srgb(LEVELS)).max() <= 2


@pytest.mark.parametrize("between", [gamma(2.2) + P3, png_chunk(b"cICP", b"\14\15\0\1")])
def test_display_p3_becomes_srgb(tmp_path: Path, between: bytes) -> None:
    # The expected levels are those of a gamma of 2.2, which differs from the curve of sRGB in dark colours only.
    wanted = srgb_of(LEVELS, DISPLAY_P3)
    off = np.abs(read(tmp_path, between) - wanted)
    assert off[wanted.min(axis=-1) > 80].max() <= 3
    assert np.abs(read(tmp_path, between) - LEVELS).max() > 40


@pytest.mark.parametrize(
    "between", [png_chunk(b"gAMA", bytes(4)), gamma(1.0) + png_chunk(b"cHRM", bytes(32))]
)
def test_senseless_numbers_do_no_harm(tmp_path: Path, between: bytes) -> None:
    assert read(tmp_path, between).shape == LEVELS.shape


def test_a_stored_profile_goes_before_gamma_and_after_cicp() -> None:
    assert profile_of(png(ROWS, depth=8, colour=RGB, between=gamma(1.0)), b"stored") == b"stored"
    assert b"cICP" in profile_of(
        png(ROWS, depth=8, colour=RGB, between=png_chunk(b"cICP", b"\14\15\0\1")), b"stored"
    )
