"""The type Image, and the functions that read, write, check and show images.

An Image is a numpy array: uint8, shape (height, width, channels), C-contiguous; BGR if it has 3 channels (the order
of OpenCV), BGRA if 4, grey if 1. An operation accepts images of 3 channels.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import InvalidValue, invalid
from toolkit.core.files import written_whole
from toolkit.images.decode import decode, refusal
from toolkit.images.encode import QUALITY, SUFFIXES, encode
from toolkit.images.metadata import NO_METADATA, Metadata

if TYPE_CHECKING:
    from collections.abc import Collection

Image = npt.NDArray[np.uint8]

SHOWN_SIDE_PX = 1024
"""Longest side at which `show` displays a picture: a 12 MP PNG would add 15 MB to a notebook or report."""

_CHANNELS = {1: "grey", 3: "BGR", 4: "BGRA"}
_log = logging.getLogger(__name__)


def load(path: str | os.PathLike[str]) -> Image:
    """Read a JPEG, PNG, WebP, TIFF or BMP file.

    Parameters
    ----------
    path : path
        Path of the picture file. The format is read from the content, not from the suffix. Unicode paths work on
        every system.

    Returns
    -------
    Image
        The picture, uint8 BGR, shape (height, width, 3), always three channels, upright.

    Raises
    ------
    InvalidValue
        The file is missing, unreadable, empty, damaged, truncated, not one of the five formats, animated, of several
        full pages, larger than `toolkit.images.decode.MAX_PIXELS`, or has unsupported samples (floating point, signed,
        32 bits, LAB).

    Notes
    -----
    Rules for the conversion of a picture file to an Image:

    * EXIF orientation is applied, in TIFF files too.
    * Alpha, and a colour declared transparent, is composited over white: ``255 - (255 - v) * alpha / 255``.
    * Grey becomes three equal channels; the values of a palette picture become colours.
    * 16-bit values become 8-bit values by ``round(v / 257)``, so that 65535 becomes 255; then alpha is composited.
    * CMYK without a colour profile becomes RGB: red is ``(255 - C) * (255 - K) / 255``, green and blue alike.
    * Colours with an ICC profile are converted to sRGB; a profile that cannot be used is ignored.
    * The properties that the Image loses (alpha, 16 bits, a colour profile) are logged at level INFO.
    * Of a TIFF file with thumbnails or masks, the one page that is neither a thumbnail nor a mask is read.
    * Of a JPEG file with several pictures (a phone may add a depth or gain map) the first picture is read.
    """
    return decode(_path(path, "load")).image


def check_destination(path: str | os.PathLike[str], *, force: bool = False) -> Path:
    """Refuse a path where `save` could not write a file, before any work is done for that file.

    Parameters
    ----------
    path : path
        Path of the file to write; the suffix names the format: .jpg, .jpeg, .png, .webp, .tif, .tiff or .bmp.
    force : bool
        Whether an existing file may be replaced.

    Raises
    ------
    InvalidValue
        The suffix is unknown, the file exists and `force` is false, the path is a directory, or its folder does not
        exist or is read-only.
    """
    path = _path(path, "save")
    if path.suffix.lower() not in SUFFIXES:
        found = f"which ends in {path.suffix!r}" if path.suffix else "which has no suffix"
        raise refusal(
            path,
            f"a path ending in {', '.join(SUFFIXES)}",
            found,
            "Choose one of these suffixes.",
            owner="save",
        )
    try:
        if path.is_dir():
            raise refusal(path, "a file path", "a directory", "Add a file name.", owner="save")
        if not path.parent.is_dir():
            hint = f"Create {str(path.parent)!r} first."
            raise refusal(path, "in an existing folder", "whose folder does not exist", hint, owner="save")
        if path.exists() and not force:
            hint = "Choose another name, or overwrite the file with force=True (--force)."
            raise refusal(path, "a new file", "which exists", hint, owner="save")
    except OSError as error:
        raise _unwritable(path, error) from None
    if not os.access(path.parent, os.W_OK):
        raise _unwritable(path, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))
    return path


def save(
    image: Image,
    path: str | os.PathLike[str],
    *,
    force: bool = False,
    quality: int = QUALITY,
    metadata: Metadata = NO_METADATA,
) -> Path:
    """Write a picture file; it is written completely or not at all.

    Parameters
    ----------
    image : Image
        The picture, uint8, shape (height, width, 1 | 3 | 4): grey, BGR, BGRA.
    path : path
        Path of the file to write; the suffix names the format, see `check_destination`. JPEG is written without
        chroma subsampling; PNG, TIFF and BMP are lossless. WebP has no grey: three equal channels are written.
    force : bool
        Whether an existing file may be replaced.
    quality : int
        Quality of a JPEG or WebP file, 1 to 100.
    metadata : Metadata
        EXIF data and colour profile to write; see `toolkit.images.encode.encode`.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    InvalidValue
        `check_destination` refuses the path, the format cannot hold the picture, or the disk is full.
    """
    path = check_destination(path, force=force)
    image = check(image, "save", channels=(1, 3, 4))
    data = encode(image, path.suffix.lower(), quality=quality, metadata=metadata)
    try:
        with written_whole(path) as part:
            part.write_bytes(data)
    except OSError as error:
        raise _unwritable(path, error) from None
    _log.debug("wrote %s, %d bytes", path, len(data))
    return path


def check(image: object, owner: str, *, channels: Collection[int] = (3,)) -> Image:
    """`image` itself if it is a valid Image; a C-contiguous copy if the array is valid but not C-contiguous.

    Parameters
    ----------
    image : object
        The value to check. A read-only array is a valid Image.
    owner : str
        The operation or function that the error message names.
    channels : collection of int
        Numbers of channels that the operation or function accepts.

    Raises
    ------
    InvalidValue
        The value is not a numpy array, not uint8, not of shape (height, width, channels), or empty.

    Examples
    --------
    >>> check(np.zeros((2, 3, 3), np.uint8), "stylization").shape
    (2, 3, 3)
    >>> check(np.zeros((2, 3), np.uint8), "stylization")
    Traceback (most recent call last):
    ...
    toolkit.core.errors.InvalidValue: 'image' of stylization must be a uint8 array of shape ...
    """
    counts = " | ".join(str(c) for c in channels)
    names = " or ".join(_CHANNELS[c] for c in channels)
    constraint = f"a uint8 array of shape (height, width, {counts}), {names}"
    if not isinstance(image, np.ndarray):
        hint = "tk.load(path) reads a picture file."
        raise invalid("image", owner, constraint, type(image).__name__, hint)
    got = f"{image.dtype} {image.shape}"
    if image.dtype != np.uint8:
        hint = "Scale the values to 0-255, round them, and convert with .astype(np.uint8)."
        raise invalid("image", owner, constraint, got, hint)
    if image.ndim != 3 or image.shape[2] not in channels:
        raise invalid("image", owner, constraint, got, _channel_hint(image.shape, channels))
    if image.size == 0:
        raise invalid("image", owner, f"{constraint}, of at least one pixel", got)
    return np.ascontiguousarray(image)


@dataclass(frozen=True)
class Picture:
    """A picture that a notebook displays; the function `show` returns it.

    Attributes
    ----------
    width, height : int
        Size of the original image, px; the displayed picture is at most `SHOWN_SIDE_PX` wide and high.
    png : bytes
        Content of the PNG file that a notebook displays.
    """

    width: int
    height: int
    png: bytes = field(repr=False)

    def _repr_png_(self) -> bytes:
        return self.png


def show(image: Image) -> Picture:
    """A picture that a notebook displays if the call is the last line of a cell.

    Parameters
    ----------
    image : Image
        A grey, BGR or BGRA image. A smaller copy is displayed if the image's longest side exceeds `SHOWN_SIDE_PX`.

    Raises
    ------
    InvalidValue
        The array is not an Image.
    """
    import cv2

    image = check(image, "show", channels=(1, 3, 4))
    height, width = image.shape[:2]
    scale = SHOWN_SIDE_PX / max(height, width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return Picture(width=width, height=height, png=cv2.imencode(".png", image)[1].tobytes())


def content_hash(image: Image) -> str:
    """SHA-256 of an image's shape and values, 64 hex digits; the hash does not depend on the memory layout.

    >>> content_hash(np.zeros((2, 3, 3), np.uint8)) == content_hash(np.zeros((3, 2, 3), np.uint8))
    False
    """
    digest = hashlib.sha256(f"{image.shape} {image.dtype} ".encode())
    digest.update(np.ascontiguousarray(image).data)
    return digest.hexdigest()


def _channel_hint(shape: tuple[int, ...], channels: Collection[int]) -> str:
    if len(shape) == 2 or (len(shape) == 3 and shape[2] == 1):
        if 1 in channels:
            return "Add the channel axis with image[..., None]."
        return "Convert grey with cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)."
    if len(shape) == 3 and shape[2] == 4:
        return "Drop the alpha with image[..., :3]; the operations for super-resolution and resizing keep it."
    return "The channels must be the last axis of the array."


def _path(path: object, owner: str) -> Path:
    if isinstance(path, str | os.PathLike) and os.fspath(path) and "\0" not in str(path):
        return Path(path)
    raise invalid("file", owner, "a path", path, "Give the path of a picture file.")


def _unwritable(path: Path, error: OSError) -> InvalidValue:
    constraint, found = "in a writable folder with free space", f"which cannot be written ({error.strerror})"
    return refusal(path, constraint, found, "Choose another folder, or free some space.", owner="save")
