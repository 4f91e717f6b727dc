"""Decode the pixels of an opened picture file to BGR or BGRA, or raise an error that names the damage.

OpenCV decodes JPEG files and 16-bit colour, of which Pillow keeps only the upper 8 bits of each value; Pillow decodes
all other files. OpenCV and Pillow accept some damaged files without an error, so this module also checks the files
itself.
"""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from toolkit.images.decoders import Uncovered, jpeg_scans, png_chunks
from toolkit.images.decoders.decoder_messages import decoder_messages
from toolkit.images.decoders.tiff_pages import WHITE_IS_ZERO, Page
from toolkit.images.decoders.tiff_strips import check_strips

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

Pixels = npt.NDArray[np.uint8]

_MODES = ("1", "L", "P", "RGB", "RGBX", "CMYK", "YCbCr")
_COMPRESSION, _FAX_AND_JPEG = 259, (2, 3, 4, 7)  # TIFF tag of the compression, and some of its values
_TO_8_BIT = ((np.arange(65536, dtype=np.uint32) + 128) // 257).astype(np.uint8)
_DEPTH_AT, _COLOUR_AT = 24, 25  # offsets of the bit depth and the colour type in a PNG file, bytes
_GREY, _RGB, _INDEXED = 0, 2, 3  # colour types of a PNG file


def stored(file: IO[bytes], picture: PillowImage, page: Page | None) -> tuple[Pixels, int]:
    """The pixels as a picture file stores them, and the number of bits of a channel.

    Parameters
    ----------
    file : binary file
        The opened picture file.
    picture : PIL.Image.Image
        The picture in `file`, opened by Pillow; this function loads its pixels.
    page : Page, optional
        The page of a TIFF file that holds the picture.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3 | 4)
        BGR or BGRA, not premultiplied. 16-bit values are rounded to 8 bits.
    int
        Number of bits of a channel in the file, 8 or 16.

    Raises
    ------
    Uncovered
        The picture is of a kind that is not supported.
    Exception
        The file is damaged; decoders raise errors of many classes.
    """
    file.seek(0)
    data = file.read()
    if picture.format in ("JPEG", "MPO"):
        return _jpeg(data, picture), 8
    is_png = picture.format == "PNG"
    if is_png:
        png_chunks.check_pixels(data)
    if page is not None:
        check_strips(data, page.tags)
        _require_no_warning(data, page)
    with decoder_messages() as errors:
        picture.load()
    if errors:
        raise ValueError(errors[0])
    if data[_DEPTH_AT] == 16 if is_png else page is not None and page.is_deep:
        return _16_bit(data, picture, page), 16
    if page is not None and page.palette and picture.mode in ("P", "PA"):
        picture.putpalette(page.palette)
    key = _png_key(data, picture) if is_png else None
    return _8_bit(picture, key), 8


def _jpeg(data: bytes, picture: PillowImage) -> Pixels:
    import cv2

    missing = jpeg_scans.missing_scan(data)
    if missing:
        raise ValueError(missing)
    data = jpeg_scans.without_trifles(data)
    pixels, warning = _by_opencv(data, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if warning and not jpeg_scans.is_fill(data, warning):
        raise ValueError(warning.splitlines()[0])
    if pixels is None or pixels.shape[1::-1] != picture.size:
        raise ValueError("libjpeg cannot read the file")
    if picture.mode == "CMYK":  # Pillow decodes CMYK, because OpenCV converts CMYK by a formula of its own
        picture.load()
        return _8_bit(picture, None)
    return np.asarray(pixels, np.uint8)


def _require_no_warning(data: bytes, page: Page) -> None:
    """Raise an error if libtiff warns of damaged pixels; Pillow hides this warning, and OpenCV passes it on."""
    if page.tags.get(_COMPRESSION, 1) in _FAX_AND_JPEG:
        _, warning = _by_opencv(data, -1)
        damage = re.search(r"(JPEGLib|Fax\w+): .*", warning)
        if damage:
            raise ValueError(damage[0])


def _by_opencv(data: bytes, flags: int) -> tuple[npt.NDArray[Any] | None, str]:
    """The picture decoded by OpenCV (None if OpenCV cannot decode it), and the warnings of OpenCV's decoder."""
    import cv2

    with decoder_messages() as messages:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    return pixels, "\n".join(messages)


def _8_bit(picture: PillowImage, transparent: tuple[int, ...] | None) -> Pixels:
    """The pixels of a loaded picture as BGR or BGRA; `transparent` is the only value or colour that is transparent."""
    import cv2

    if transparent is not None:
        values = np.asarray(picture.convert("RGB"))
        alpha = np.where((values == transparent).all(axis=-1), 0, 255).astype(np.uint8)
        return np.dstack([values[..., ::-1], alpha])
    if picture.has_transparency_data:
        return np.asarray(cv2.cvtColor(np.asarray(picture.convert("RGBA")), cv2.COLOR_RGBA2BGRA), np.uint8)
    if picture.mode in _MODES:
        return np.asarray(cv2.cvtColor(np.asarray(picture.convert("RGB")), cv2.COLOR_RGB2BGR), np.uint8)
    raise Uncovered(f"a {picture.format} file in colour mode {picture.mode}")


def _png_key(data: bytes, picture: PillowImage) -> tuple[int, ...] | None:
    """The transparent colour of a PNG file without alpha, scaled to 8-bit RGB; Pillow does not scale low bit depths."""
    key, colour, depth = picture.info.get("transparency"), data[_COLOUR_AT], data[_DEPTH_AT]
    if colour == _INDEXED:
        entries = picture.palette.palette if picture.palette else b""
        if np.asarray(picture).max() >= len(entries) // 3:
            raise ValueError("a pixel has a colour that the palette lacks")
    if key is None or colour not in (_GREY, _RGB):
        return None
    most = (1 << depth) - 1
    return tuple((value & most) * 255 // most for value in (key if colour == _RGB else (key,) * 3))


def _16_bit(data: bytes, picture: PillowImage, page: Page | None) -> Pixels:
    if picture.mode.startswith("I;16"):
        return _grey_16_bit(picture, is_inverted=page is not None and page.photometric == WHITE_IS_ZERO)
    return _colour_16_bit(data, picture)


def _grey_16_bit(picture: PillowImage, *, is_inverted: bool) -> Pixels:
    """The grey pixels as BGR, or as BGRA if the file declares one grey value to be transparent."""
    values = np.asarray(picture)
    grey = 255 - _TO_8_BIT[values] if is_inverted else _TO_8_BIT[values]
    channels = [grey, grey, grey]
    if "transparency" in picture.info:
        channels.append(np.where(values == picture.info["transparency"], 0, 255).astype(np.uint8))
    return np.stack(channels, axis=-1)


def _colour_16_bit(data: bytes, picture: PillowImage) -> Pixels:
    """The pixels as BGR or BGRA, decoded by OpenCV, which keeps all 16 bits and turns TIFF pictures upright."""
    import cv2

    values, _ = _by_opencv(data, cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16 or values.ndim != 3:
        raise Uncovered(f"a 16-bit {picture.format} file in colour mode {picture.mode}")
    # OpenCV may return a part of a damaged picture: compare with Pillow, which keeps the upper byte of each value.
    upper = values[..., 2::-1].astype(np.uint16, copy=False) >> 8
    if not np.array_equal(upper, np.asarray(picture)[..., :3]):
        raise ValueError("OpenCV and Pillow decode different pixel values from the file")
    extra_is_alpha = picture.format == "PNG" or picture.mode == "RGBA"
    eight_bit: Pixels = _TO_8_BIT[values if extra_is_alpha else values[..., :3]]
    return eight_bit
