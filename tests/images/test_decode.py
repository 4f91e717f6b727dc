"""Every supported kind of picture file is decoded to the right BGR array."""

from __future__ import annotations

import io
import logging
import struct
import threading
import zlib
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from PIL import Image as Pillow
from PIL import ImageOps

from tests.images.decoders.drawn_profiles import DISPLAY_P3, srgb_of
from tests.images.picture_files import BGR, BGRA, DEEP, RGB, RNG, close, png_chunk, png_header, to_8_bit
from toolkit.core.errors import InvalidValue
from toolkit.images.decode import decode
from toolkit.images.image import load, save

ORIENTATION = 274


def over_white(bgra: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    alpha = bgra[..., 3:] / 255
    return np.rint(bgra[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)


# ---------------------------------------------------------------------------------------------- load, by kind


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp"])
def test_lossless_formats_come_back_equal(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"photo{suffix}"
    Pillow.fromarray(RGB).save(file)
    image = load(file)
    assert np.array_equal(image, BGR)
    assert image.flags.c_contiguous and image.dtype == np.uint8


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_lossy_formats_come_back_close_and_in_bgr(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"photo{suffix}"
    Pillow.fromarray(RGB).save(file, quality=95)
    assert close(load(file), BGR)


def test_the_content_names_the_format_not_the_suffix(tmp_path: Path) -> None:
    file = tmp_path / "photo.jpg"
    Pillow.fromarray(RGB).save(file, format="PNG")
    assert np.array_equal(load(file), BGR)


def test_unicode_path(tmp_path: Path) -> None:
    file = tmp_path / "Übung 写真 📷.png"
    save(BGR, file)
    assert np.array_equal(load(file), BGR)
    deep = tmp_path / "глубина.png"
    deep.write_bytes(cv2.imencode(".png", DEEP[..., :3])[1].tobytes())
    assert np.array_equal(load(str(deep)), to_8_bit(DEEP[..., :3]))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg", ".webp"])
def test_exif_orientation_is_applied(tmp_path: Path, suffix: str, orientation: int) -> None:
    file = tmp_path / f"turned{suffix}"
    exif = Pillow.Exif()
    exif[ORIENTATION] = orientation
    Pillow.fromarray(RGB).save(file, exif=exif, quality=95)
    with Pillow.open(file) as picture:
        upright = np.asarray(ImageOps.exif_transpose(picture))[..., ::-1]
    assert np.array_equal(load(file), upright)
    assert upright.shape[:2] == (BGR.shape[:2] if orientation < 5 else BGR.shape[1::-1])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_to_16_bits(tmp_path: Path, orientation: int) -> None:
    exif = Pillow.Exif()
    exif[ORIENTATION] = orientation
    turned = np.asarray(ImageOps.exif_transpose(picture_with(exif)))[..., ::-1]
    deep = RGB.astype(np.uint16) * 257
    tif = tmp_path / "turned.tif"
    tifffile.imwrite(tif, deep, photometric="rgb", extratags=[(ORIENTATION, "H", 1, orientation, True)])
    grey = tmp_path / "grey.tif"
    tifffile.imwrite(grey, deep[..., 0], extratags=[(ORIENTATION, "H", 1, orientation, True)])
    png = tmp_path / "turned.png"
    data = cv2.imencode(".png", deep[..., ::-1])[1].tobytes()
    png.write_bytes(data[:33] + png_chunk(b"eXIf", exif.tobytes()[6:]) + data[33:])
    assert np.array_equal(load(tif), turned)
    assert np.array_equal(load(png), turned)
    assert np.array_equal(load(grey)[..., 0], turned[..., 2])


def picture_with(exif: Pillow.Exif) -> Pillow.Image:
    file = io.BytesIO()
    Pillow.fromarray(RGB).save(file, format="PNG", exif=exif)
    return Pillow.open(file)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_alpha_is_composited_over_white(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"cutout{suffix}"
    options = {"lossless": True, "exact": True} if suffix == ".webp" else {}
    Pillow.fromarray(BGRA[..., [2, 1, 0, 3]]).save(file, **options)
    assert np.array_equal(load(file), over_white(BGRA))


def test_grey_and_black_and_white_and_grey_with_alpha(tmp_path: Path) -> None:
    grey = BGR[..., 0]
    Pillow.fromarray(grey).save(tmp_path / "grey.png")
    Pillow.fromarray(grey > 127).save(tmp_path / "bits.png")
    Pillow.merge("LA", [Pillow.fromarray(grey), Pillow.fromarray(BGRA[..., 3])]).save(tmp_path / "la.png")
    assert np.array_equal(load(tmp_path / "grey.png"), np.dstack([grey] * 3))
    assert np.array_equal(load(tmp_path / "bits.png")[..., 1], np.where(grey > 127, 255, 0))
    assert np.array_equal(load(tmp_path / "la.png"), over_white(np.dstack([grey, grey, grey, BGRA[..., 3]])))


@pytest.mark.parametrize("transparency", [None, 3, bytes([0, 128, 255, 64])])
def test_a_palette_becomes_its_colours(tmp_path: Path, transparency: int | bytes | None) -> None:
    colours = RNG.integers(0, 256, (4, 4), dtype=np.uint8)
    alpha = [255, 255, 255, 0] if transparency == 3 else [0, 128, 255, 64] if transparency else [255] * 4
    colours[:, 3] = alpha
    index = RNG.integers(0, 4, (9, 11), dtype=np.uint8)
    picture = Pillow.frombytes("P", index.shape[::-1], index.tobytes())
    picture.putpalette(colours[:, [2, 1, 0]].tobytes())
    options = {} if transparency is None else {"transparency": transparency}
    picture.save(tmp_path / "palette.png", **options)
    assert np.array_equal(load(tmp_path / "palette.png"), over_white(colours[index]))


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_cmyk_follows_the_rule_without_a_profile(tmp_path: Path, suffix: str) -> None:
    cmyk = np.full((16, 16, 4), (40, 120, 200, 60), np.uint8)
    file = tmp_path / f"print{suffix}"
    Pillow.frombytes("CMYK", (16, 16), cmyk.tobytes()).save(file, quality=100)
    expected = [(255 - ink) * (255 - 60) / 255 for ink in (200, 120, 40)]
    assert np.abs(load(file) - np.array(expected)).max() <= (4 if suffix == ".jpg" else 1)


# ---------------------------------------------------------------------------------------------- load, 16 bits


def test_16_bits_become_8_by_rounding_every_value(tmp_path: Path) -> None:
    every = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    for name in ("every.png", "every.tif"):
        (tmp_path / name).write_bytes(cv2.imencode(name[-4:], every)[1].tobytes())
        assert np.array_equal(load(tmp_path / name), np.dstack([to_8_bit(every)] * 3))


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("channels", [3, 4])
def test_16_bit_colour_and_alpha(tmp_path: Path, suffix: str, channels: int) -> None:
    file = tmp_path / f"deep{suffix}"
    file.write_bytes(cv2.imencode(suffix, DEEP[..., :channels])[1].tobytes())
    expected = to_8_bit(DEEP[..., :channels])
    assert np.array_equal(load(file), expected if channels == 3 else over_white(expected))


def test_a_fourth_channel_that_is_no_alpha_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "extra.tif"
    tifffile.imwrite(file, DEEP, photometric="rgb", extrasamples=["unspecified"])
    assert np.array_equal(load(file), to_8_bit(DEEP[..., 2::-1]))


def test_16_bit_grey_variants(tmp_path: Path) -> None:
    grey = DEEP[..., 0]
    tifffile.imwrite(tmp_path / "big_endian.tif", grey, byteorder=">")
    tifffile.imwrite(tmp_path / "white_is_zero.tif", grey, photometric="miniswhite")
    lines = b"".join(b"\0" + row.astype(">u2").tobytes() for row in grey)
    see_through = png_chunk(b"tRNS", struct.pack(">H", int(grey[0, 0])))
    data = png_header(grey.shape[1], grey.shape[0], depth=16, colour=0) + see_through
    data += png_chunk(b"IDAT", zlib.compress(lines)) + png_chunk(b"IEND", b"")
    (tmp_path / "see_through.png").write_bytes(data)
    assert np.array_equal(load(tmp_path / "big_endian.tif")[..., 1], to_8_bit(grey))
    assert np.array_equal(load(tmp_path / "white_is_zero.tif")[..., 1], 255 - to_8_bit(grey))
    assert np.array_equal(
        load(tmp_path / "see_through.png")[..., 1], np.where(grey == grey[0, 0], 255, to_8_bit(grey))
    )


# ---------------------------------------------------------------------------------------------- load, extras


def test_a_damaged_profile_is_ignored_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Pillow.fromarray(RGB).save(tmp_path / "photo.jpg", icc_profile=b"profile", quality=95)
    Pillow.fromarray(RGB).save(tmp_path / "plain.tif")
    with caplog.at_level(logging.INFO, logger="toolkit"):
        load(tmp_path / "plain.tif")
        assert caplog.messages == []
        assert close(load(tmp_path / "photo.jpg"), BGR)
    assert ["ICC profile" in message for message in caplog.messages] == [True]


def test_a_phone_photo_with_a_second_picture_behind_it_is_the_first(tmp_path: Path) -> None:
    file = tmp_path / "phone.jpg"
    second = Pillow.fromarray(255 - RGB)
    Pillow.fromarray(RGB).save(file, format="MPO", save_all=True, append_images=[second], quality=95)
    assert close(load(file), BGR)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
@pytest.mark.parametrize("exif", [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0damaged", b"x"])
def test_damaged_exif_does_not_spoil_a_sound_photo(tmp_path: Path, suffix: str, exif: bytes) -> None:
    Pillow.fromarray(RGB).save(tmp_path / f"photo{suffix}", exif=exif, quality=95)
    assert close(load(tmp_path / f"photo{suffix}"), BGR)


def test_threads_may_load_at_once(tmp_path: Path) -> None:
    file = save(BGR, tmp_path / "photo.png")
    loaded: list[npt.NDArray[np.uint8]] = []
    threads = [threading.Thread(target=lambda: loaded.append(load(file))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loaded) == 8 and all(np.array_equal(image, BGR) for image in loaded)


# ---------------------------------------------------------------------------------------------- what is found beside


def test_a_profile_is_converted_to_srgb_and_named(tmp_path: Path) -> None:
    for name in ("p3.png", "p3.tif", "p3.webp"):
        Pillow.fromarray(RGB).save(tmp_path / name, icc_profile=DISPLAY_P3, lossless=True)
        found = decode(tmp_path / name)
        assert np.abs(found.image[..., ::-1].astype(int) - srgb_of(RGB, DISPLAY_P3)).max() <= 3
        assert found.profile == "P3 like" and any("P3 like" in loss for loss in found.losses())


def test_alpha_is_found_beside_the_colours(tmp_path: Path) -> None:
    Pillow.fromarray(BGRA[..., [2, 1, 0, 3]]).save(tmp_path / "cutout.png")
    Pillow.fromarray(np.dstack([RGB, np.full(RGB.shape[:2], 255, np.uint8)])).save(tmp_path / "opaque.png")
    found, opaque = decode(tmp_path / "cutout.png"), decode(tmp_path / "opaque.png")
    assert np.array_equal(found.colours, BGR) and np.array_equal(found.alpha, BGRA[..., 3])
    assert found.losses(keeps_alpha=True) == [] and "white" in found.losses()[0]
    assert opaque.alpha is None and opaque.losses() == [] and np.array_equal(opaque.image, BGR)


def test_reduced_bits_and_exif_are_told(tmp_path: Path) -> None:
    (tmp_path / "deep.png").write_bytes(cv2.imencode(".png", DEEP[..., :3])[1].tobytes())
    exif = Pillow.Exif()
    exif[271] = "a camera"
    Pillow.fromarray(RGB).save(tmp_path / "camera.jpg", exif=exif)
    assert decode(tmp_path / "deep.png").bits == 16 and "16 bits" in decode(tmp_path / "deep.png").losses()[0]
    assert b"a camera" in decode(tmp_path / "camera.jpg").metadata.exif


@pytest.mark.parametrize("small_first", [False, True])
@pytest.mark.parametrize("bits", [8, 16])
def test_a_thumbnail_or_mask_beside_the_picture_is_left_out(
    tmp_path: Path, bits: int, small_first: bool
) -> None:
    large = RGB if bits == 8 else DEEP[..., 2::-1]
    pages = [(large, 0), (np.ascontiguousarray(large[::4, ::4]), 1), (RGB[..., 0] > 127, 4)]
    with tifffile.TiffWriter(tmp_path / "pages.tif") as file:
        for values, kind in pages[::-1] if small_first else pages:
            file.write(values, photometric="rgb" if values.ndim == 3 else "minisblack", subfiletype=kind)
    assert np.array_equal(load(tmp_path / "pages.tif"), BGR if bits == 8 else to_8_bit(DEEP[..., :3]))


def test_a_file_of_thumbnails_is_refused(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "raw.tif") as file:
        file.write(RGB, photometric="rgb", subfiletype=1, subifds=1)
        file.write(RGB, photometric="rgb")
    with pytest.raises(InvalidValue, match="thumbnail"):
        load(tmp_path / "raw.tif")


@pytest.mark.parametrize("factor", [1, 256, 257])
def test_a_tiff_palette_of_8_or_16_bits_has_the_same_colours(tmp_path: Path, factor: int) -> None:
    colours = RNG.integers(0, 256, (3, 256), dtype=np.uint16)
    index = RNG.integers(0, 256, (9, 11), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "p.tif", index, photometric="palette", colormap=colours * np.uint16(factor))
    assert np.array_equal(load(tmp_path / "p.tif"), colours.T[index][..., ::-1])
