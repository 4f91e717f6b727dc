"""Files that cannot be decoded, or have an unsupported kind, are refused with one sentence."""

from __future__ import annotations

import resource
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from tests.images.decoders import drawn_bmp, drawn_tiff
from tests.images.picture_files import BGR, DEEP, RNG, png_chunk, png_header, to_8_bit
from toolkit.core.errors import InvalidValue
from toolkit.images.decode import MAX_PIXELS
from toolkit.images.encode import SUFFIXES
from toolkit.images.image import load


def write_bad(folder: Path, name: str) -> Path:
    """One file of the bad-input list."""
    file = folder / name
    frames = [Pillow.fromarray(np.full((8, 8, 3), value, np.uint8)) for value in (0, 120, 250)]
    if name.startswith("animated"):
        frames[0].save(file, save_all=True, append_images=frames[1:])
    elif name == "directory":
        file.mkdir()
    elif name == "empty.jpg":
        file.touch()
    elif name == "text.png":
        file.write_text("this is not a picture")
    elif name == "bomb.png":
        file.write_bytes(png_header(60_000, 60_000) + png_chunk(b"IDAT", b"") + png_chunk(b"IEND", b""))
    elif name == "float.tif":
        tifffile.imwrite(file, BGR.astype(np.float32) / 255, photometric="rgb")
    elif name == "float_grey.tif":
        tifffile.imwrite(file, BGR[..., 0].astype(np.float32))
    elif name == "signed.tif":
        tifffile.imwrite(file, BGR[..., 0].astype(np.int16))
    elif name == "planar.tif":
        planes = np.ascontiguousarray(np.moveaxis(DEEP[..., :3], -1, 0))
        tifffile.imwrite(file, planes, photometric="rgb", planarconfig="separate")
    elif name == "cmyk16.tif":
        tifffile.imwrite(file, DEEP, photometric="separated")
    elif name == "lab.tif":
        tifffile.imwrite(file, BGR, photometric="cielab")
    elif name == "two_bits.tif":
        file.write_bytes(drawn_tiff.one(drawn_tiff.drawn(2, 3), 2, drawn_tiff.RGB))
    elif name == "jpeg_inside.bmp":
        file.write_bytes(drawn_bmp.bmp([], 24, compression=4, data=b"jpeg"))
    elif name == "header_only.tif":
        file.write_bytes(b"II*\0\x08\0\0\0")
    elif name == "heic.jpg":
        file.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    return file


BAD = {
    "missing.png": ("which does not exist", "Check the spelling"),
    "empty.jpg": ("an empty file", "again"),
    "text.png": ("which is not a picture", "Save the picture as"),
    "directory": ("a directory", "path of a file"),
    "animated.gif": ("a GIF file", "one frame"),
    "animated.webp": ("a WebP file of 3 frames", "Save one of"),
    "animated.png": ("a PNG file of 3 frames", "Save one of"),
    "animated.tif": ("a TIFF file of 3 frames or pages", "Save one of"),
    "bomb.png": ("60000 x 60000 pixels (3600 MP)", "Shrink or crop"),
    "float.tif": ("32-bit floating-point", "as an 8-bit PNG"),
    "float_grey.tif": ("32-bit floating-point", "as an 8-bit PNG"),
    "signed.tif": ("16-bit signed integer", "as an 8-bit PNG"),
    "planar.tif": ("planar", "as an 8-bit PNG"),
    "cmyk16.tif": ("CMYK", "as an 8-bit PNG"),
    "lab.tif": ("colour mode LAB", "as an 8-bit PNG"),
    "two_bits.tif": ("variant", "as an 8-bit PNG"),
    "jpeg_inside.bmp": ("compression 4", "as an 8-bit PNG"),
    "header_only.tif": ("cannot be decoded", "download the file again"),
    "heic.jpg": ("a HEIC, AVIF or video file", "as a PNG"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_in_one_sentence(
    tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    file = write_bad(tmp_path, name)
    with pytest.raises(InvalidValue) as caught:
        load(file)
    message = str(caught.value)
    found, hint = BAD[name]
    assert message.startswith("'file' of load must be ") and repr(str(file)) in message
    assert found in message and hint in message and "\n" not in message
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("suffix", [*SUFFIXES, "16.png", "16.tif", "grey16.png", "grey16.tif"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_truncated_files_are_refused(
    tmp_path: Path, suffix: str, share: float, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = tmp_path / f"whole{suffix}"
    noise = RNG.integers(0, 65536, (64, 64, 3), dtype=np.uint16)
    pixels = noise if "16" in suffix else to_8_bit(noise)
    whole.write_bytes(cv2.imencode(whole.suffix, pixels[..., 0] if "grey" in suffix else pixels)[1].tobytes())
    assert load(whole).shape == (64, 64, 3)
    data = whole.read_bytes()
    cut = tmp_path / f"cut{suffix}"
    cut.write_bytes(data[: max(12, int(len(data) * share))])
    with pytest.raises(InvalidValue, match=r"cannot be decoded|not a picture"):
        load(cut)
    assert capfd.readouterr() == ("", "")


def test_a_refused_bomb_costs_no_memory(tmp_path: Path) -> None:
    file = write_bad(tmp_path, "bomb.png")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InvalidValue, match=f"at most {MAX_PIXELS // 10**6} MP"):
        load(file)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB


@pytest.mark.parametrize("path", [3, None, "", "nul\0byte.png"])
def test_something_that_is_not_a_path_is_refused(path: object) -> None:
    with pytest.raises(InvalidValue, match="'file' of load must be a path"):
        load(path)


def test_a_name_too_long_for_the_system_is_refused() -> None:
    with pytest.raises(InvalidValue, match="cannot be read"):
        load("x" * 300 + "/photo.png")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a device file")
def test_a_device_is_refused() -> None:
    with pytest.raises(InvalidValue, match="a device or pipe"):
        load("/dev/zero")
