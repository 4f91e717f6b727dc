"""What of a file's EXIF data and colour profile is written beside a result."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from tests.images.decoders.drawn_profiles import DISPLAY_P3
from toolkit.images.decode import decode
from toolkit.images.encode import SUFFIXES, encode, holds, holds_exif
from toolkit.images.metadata import Metadata, srgb_profile

_PIXELS = np.random.default_rng(6).integers(0, 256, (24, 32, 3), dtype=np.uint8)
_EXIF, _GPS, _THUMBNAIL = 0x8769, 0x8825, 1


def exif(*, orientation: int = 6, maker_note: bytes = b"note") -> Pillow.Exif:
    """The data that a camera writes: turned, with the size of the file, a place and a thumbnail."""
    made = Pillow.Exif()
    made[271], made[274], made[306], made[256] = "a camera", orientation, "2020:02:02 20:20:20", 32
    made.get_ifd(_EXIF).update({0x9003: "2020:02:02 20:20:20", 0xA002: 32, 0x927C: maker_note})
    made.get_ifd(_GPS)[1] = "N"
    return made


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP", "TIFF"])
def test_what_describes_the_photo_stays_and_what_describes_the_file_goes(kind: str, tmp_path: Path) -> None:
    Pillow.fromarray(_PIXELS).save(tmp_path / "photo", kind, exif=exif().tobytes())
    found = decode(tmp_path / "photo")
    kept = Pillow.Exif()
    kept.load(found.metadata.exif)
    assert (kept[271], kept[274], kept[306]) == ("a camera", 1, "2020:02:02 20:20:20")
    assert kept.get_ifd(_EXIF) == {0x9003: "2020:02:02 20:20:20", 0x927C: b"note"}
    assert kept.get_ifd(_GPS) == {1: "N"}
    assert not {256, 273} & set(kept) and kept.get_ifd(_THUMBNAIL) == {}
    assert found.image.shape[:2] == (32, 24)


def test_a_makers_note_that_is_too_long_for_a_jpeg_is_left_out(tmp_path: Path) -> None:
    Pillow.fromarray(_PIXELS).save(tmp_path / "photo.png", exif=exif(maker_note=bytes(70_000)))
    data = decode(tmp_path / "photo.png").metadata.exif
    assert len(data) < 1000 and b"a camera" in data


def test_damaged_data_are_a_loss_and_the_picture_is_read(tmp_path: Path) -> None:
    Pillow.fromarray(_PIXELS).save(
        tmp_path / "photo.jpg", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x05\0", quality=95
    )
    found = decode(tmp_path / "photo.jpg")
    assert found.metadata.exif == b""
    assert any("EXIF" in loss for loss in found.losses())


@pytest.mark.parametrize(
    ("given", "written"),
    [(b"", b""), (srgb_profile(), srgb_profile()), (DISPLAY_P3, srgb_profile()), (b"no profile", b"")],
    ids=["none", "sRGB", "Display P3", "damaged"],
)
def test_the_profile_is_that_of_the_decoded_colours(given: bytes, written: bytes, tmp_path: Path) -> None:
    Pillow.fromarray(_PIXELS).save(tmp_path / "photo.png", icc_profile=given or None)
    assert decode(tmp_path / "photo.png").metadata.icc == written


@pytest.mark.parametrize(
    ("suffix", "channels"), [(suffix, n) for suffix in SUFFIXES for n in (1, 3, 4) if holds(suffix, n)]
)
def test_a_format_writes_what_it_holds(suffix: str, channels: int) -> None:
    pixels = np.dstack([_PIXELS, _PIXELS])[..., :channels]
    metadata = Metadata(exif=exif(orientation=1).tobytes(), icc=srgb_profile())
    data = encode(np.ascontiguousarray(pixels), suffix, metadata=metadata)
    with Pillow.open(io.BytesIO(data)) as picture:
        picture.load()
        found = picture.getexif()
        assert (found.get(271) == "a camera") == holds_exif(suffix)
        assert (found.get_ifd(_GPS) == {1: "N"}) == holds_exif(suffix)
        has_profile = holds_exif(suffix) and channels > 1
        assert picture.info.get("icc_profile") == (srgb_profile() if has_profile else None)
        if suffix in (".png", ".tif", ".tiff"):
            order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]
            assert np.array_equal(np.asarray(picture).reshape(24, 32, channels), pixels[..., order])


def test_a_lower_quality_is_a_smaller_file() -> None:
    for suffix in (".jpg", ".webp"):
        assert len(encode(_PIXELS, suffix, quality=30)) < len(encode(_PIXELS, suffix)) / 2
