"""Decode picture files to 8-bit BGR arrays; all rules for the allowed content of a file are here.

Pillow decodes 8-bit files, because OpenCV 5 returns grey for a truncated JPEG without an error. OpenCV decodes 16-bit
colour files, of which Pillow keeps only the upper 8 bits of each value; Pillow's result is used to check OpenCV's.
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import InvalidValue

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

MAX_PIXELS = 200_000_000
"""Largest picture that is decoded, px (600 MB as BGR); the header of a malicious file may declare terabytes."""

_SIGNATURES = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    b"BM": "BMP",
    b"GIF8": "GIF",
    b"%PDF": "PDF",
}
_DECODED = ("JPEG", "PNG", "WebP", "TIFF", "BMP")
_COLOUR_MODES = ("1", "L", "P", "RGB", "RGBX", "CMYK", "YCbCr")
_TIFF_BITS, _TIFF_PHOTOMETRIC, _TIFF_PLANES, _TIFF_EXTRA, _TIFF_SAMPLES = 258, 262, 284, 338, 339
_ORIENTATION, _EXIF_BLOCK = 0x0112, 0x8769
_TO_8_BIT = ((np.arange(65536, dtype=np.uint32) + 128) // 257).astype(np.uint8)

_log = logging.getLogger(__name__)
# warnings.catch_warnings changes state of the whole process, so only one thread may decode at a time.
_one_at_a_time = threading.Lock()


def decode(path: Path) -> npt.NDArray[np.uint8]:
    """Decode a picture file to uint8 BGR, (height, width, 3), by the rules of `toolkit.images.image.load`.

    Raises
    ------
    InvalidValue
        The file is missing, unreadable, not a picture, damaged, animated, too large, or of an unsupported kind.
    """
    try:
        kind = _identify(path)
        with path.open("rb") as file, _one_at_a_time, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _decode(path, file, kind)
    except OSError as error:
        reason = error.strerror or str(error)
        raise refusal(
            path, "a readable picture file", f"which cannot be read ({reason})", "Check it."
        ) from None


def refusal(path: Path, constraint: str, found: str, hint: str, *, owner: str = "load") -> InvalidValue:
    """The error for a file: names the constraint, the file, what was found in it, and what the user can do."""
    return InvalidValue(f"'file' of {owner} must be {constraint}; got {str(path)!r}, {found}. {hint}")


def _identify(path: Path) -> str:
    """The format, one of `_DECODED`; determined by the content, not by the suffix."""
    constraint = f"a {', '.join(_DECODED[:-1])} or {_DECODED[-1]} picture"
    if path.is_dir():
        raise refusal(path, constraint, "a directory", "Give the path of a file in it.")
    if not path.exists():
        raise refusal(path, constraint, "which does not exist", "Check the spelling and the folder.")
    if not path.is_file():
        raise refusal(path, constraint, "a device or pipe", "Give the path of a picture file.")
    with path.open("rb") as file:
        head = file.read(16)
    if not head:
        raise refusal(path, constraint, "an empty file", "Copy or download it again.")
    kind = next((kind for magic, kind in _SIGNATURES.items() if head.startswith(magic)), "")
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        kind = "WebP"
    elif head[4:8] == b"ftyp":
        kind = "HEIC, AVIF or video"
    if kind == "GIF":
        raise refusal(path, constraint, "a GIF file", "Save one of its frames as a PNG.")
    if kind not in _DECODED:
        hint = "Save it as a PNG or JPEG first."
        raise refusal(path, constraint, f"a {kind} file" if kind else "which is not a picture", hint)
    return kind


def _decode(path: Path, file: IO[bytes], kind: str) -> npt.NDArray[np.uint8]:
    """Check the header, then decode the pixels."""
    try:
        deep = _is_deep(path, file, kind)
        file.seek(0)
        picture = _opener(kind)(file)
        _check_header(path, picture, kind)
        picture.load()
        _log_dropped(path, picture)
        return _to_bgr(path, picture, deep=deep, oriented=kind == "TIFF")
    except InvalidValue:
        raise
    except Exception as error:  # decoders raise errors of many classes for a damaged file
        found = f"a {kind} file that cannot be decoded ({error})"
        hint = "Copy or download it again, or save it as a PNG."
        raise refusal(path, "a complete, undamaged picture", found, hint) from error


def _opener(kind: str) -> Callable[[IO[bytes]], PillowImage]:
    """Pillow's plug-in for a format.

    The plug-in is called directly, because ``PIL.Image.open`` also checks its own limit of the size, which is a setting
    of the whole process.
    """
    from PIL import BmpImagePlugin, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

    openers: dict[str, Callable[[IO[bytes]], PillowImage]] = {
        "JPEG": JpegImagePlugin.jpeg_factory,
        "PNG": PngImagePlugin.PngImageFile,
        "WebP": WebPImagePlugin.WebPImageFile,
        "TIFF": TiffImagePlugin.TiffImageFile,
        "BMP": BmpImagePlugin.BmpImageFile,
    }
    return openers[kind]


def _check_header(path: Path, picture: PillowImage, kind: str) -> None:
    """Refuse, before any pixel is decoded, a picture that is too large and a file of several pictures."""
    width, height = picture.size
    if width * height > MAX_PIXELS:
        found = f"which is {width} x {height} pixels ({width * height / 1e6:.0f} MP)"
        hint = "Shrink or crop it first."
        raise refusal(path, f"a picture of at most {MAX_PIXELS / 1e6:.0f} MP", found, hint)
    frames = getattr(picture, "n_frames", 1)
    if frames > 1 and kind != "JPEG":  # the JPEG of a phone may have a depth or gain map after the photo
        hint = "Save one of them as a PNG."
        raise refusal(path, "a single picture", f"a {kind} file of {frames} frames or pages", hint)


def _is_deep(path: Path, file: IO[bytes], kind: str) -> bool:
    """Whether the file has 16 bits per channel; a TIFF file with unsupported samples is refused."""
    head = file.read(32)
    if kind == "PNG":
        return head[24] == 16
    if kind != "TIFF":
        return False
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    tags = ImageFileDirectory_v2(head[:16] if b"+" in head[:4] else head[:8])
    file.seek(tags.next)
    tags.load(file)
    bits, samples = max(_numbers(tags, _TIFF_BITS)), max(_numbers(tags, _TIFF_SAMPLES))
    if samples in (2, 3) or bits not in (1, 2, 4, 8, 16):
        number = {2: "signed integer", 3: "floating-point"}.get(samples, "unsigned integer")
        raise _uncovered(path, f"a TIFF file of {bits}-bit {number} samples")
    # OpenCV mixes up separate planes, keeps premultiplied alpha, and does not read 16-bit CMYK.
    odd_16_bit = (
        _numbers(tags, _TIFF_PLANES) != (1,)
        or 1 in _numbers(tags, _TIFF_EXTRA)
        or _numbers(tags, _TIFF_PHOTOMETRIC)[0] > 2
    )
    if bits == 16 and odd_16_bit:
        raise _uncovered(path, "a 16-bit TIFF file that is CMYK, planar or premultiplied")
    return bits == 16


def _numbers(tags: Any, tag: int) -> tuple[int, ...]:
    """The values of a TIFF tag; for a missing tag its default in the TIFF standard: 1, or 0 for extra samples."""
    value = tags.get(tag, 0 if tag == _TIFF_EXTRA else 1)
    return tuple(int(v) for v in value) if isinstance(value, tuple) else (int(value),)


def _uncovered(path: Path, found: str) -> InvalidValue:
    constraint = "grey, RGB, palette or CMYK with 8 bits a channel, or grey or RGB with 16 unsigned bits"
    return refusal(path, constraint, found, "Save it as an 8-bit PNG or JPEG first.")


def _log_dropped(path: Path, picture: PillowImage) -> None:
    """Log which metadata of the file is ignored."""
    exif = _exif(picture)
    has_exif = _EXIF_BLOCK in exif if picture.format == "TIFF" else bool(exif)
    for present, name in (("icc_profile" in picture.info, "ICC profile"), (has_exif, "EXIF")):
        if present:
            _log.info("%s: %s is ignored; the stored values are used", path, name)


def _exif(picture: PillowImage) -> Mapping[int, Any]:
    """The EXIF tags; empty if they are damaged, because the pixels may be undamaged."""
    try:
        return picture.getexif()
    except Exception as error:  # the parser raises errors of many classes for damaged bytes
        _log.info("EXIF cannot be read: %s", error)
        return {}


def _to_bgr(path: Path, picture: PillowImage, *, deep: bool, oriented: bool) -> npt.NDArray[np.uint8]:
    """The pixels of a loaded picture as BGR: turned upright, and with alpha composited over white."""
    import cv2

    if deep and picture.mode.startswith("I;16"):
        pixels = _grey_16_bit(picture)
    elif deep:
        pixels = _colour_16_bit(path, picture)
    elif picture.has_transparency_data:
        pixels = cv2.cvtColor(np.asarray(picture.convert("RGBA")), cv2.COLOR_RGBA2BGRA)
    elif picture.mode in _COLOUR_MODES:
        pixels = cv2.cvtColor(np.asarray(picture.convert("RGB")), cv2.COLOR_RGB2BGR)
    else:
        raise _uncovered(path, f"a {picture.format} file in colour mode {picture.mode}")
    if pixels.shape[2] == 4:
        pixels = _over_white(pixels)
    orientation = 1 if oriented else _exif(picture).get(_ORIENTATION, 1)
    return np.ascontiguousarray(_upright(pixels, orientation), dtype=np.uint8)


def _grey_16_bit(picture: PillowImage) -> npt.NDArray[Any]:
    """The grey pixels as BGR, or as BGRA if the file declares one grey value to be transparent."""
    values = np.asarray(picture)
    grey = _TO_8_BIT[values]
    tags = getattr(picture, "tag_v2", {})
    if tags.get(_TIFF_PHOTOMETRIC) == 0:  # in this file 0 stands for white
        grey = 255 - grey
    channels = [grey, grey, grey]
    if "transparency" in picture.info:
        channels.append(np.where(values == picture.info["transparency"], 0, 255).astype(np.uint8))
    return np.stack(channels, axis=-1)


def _colour_16_bit(path: Path, picture: PillowImage) -> npt.NDArray[Any]:
    """The pixels as BGR or BGRA, decoded by OpenCV, which keeps all 16 bits and turns TIFF pictures upright."""
    import cv2

    values = cv2.imdecode(np.fromfile(path, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16 or values.ndim != 3:
        raise _uncovered(path, f"a 16-bit {picture.format} file in colour mode {picture.mode}")
    # OpenCV may return a part of a damaged picture: compare with Pillow, which keeps the upper byte of each value.
    upper = values[..., 2::-1].astype(np.uint16, copy=False) >> 8
    if not np.array_equal(upper, np.asarray(picture)[..., :3]):
        raise ValueError("OpenCV and Pillow disagree")
    extra_is_alpha = picture.format == "PNG" or picture.mode == "RGBA"
    eight_bit: npt.NDArray[np.uint8] = _TO_8_BIT[values if extra_is_alpha else values[..., :3]]
    return eight_bit


def _over_white(bgra: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The picture composited over white: ``255 - (255 - value) * alpha / 255``, rounded; alpha is not premultiplied."""
    alpha = bgra[..., 3:].astype(np.uint16)
    ink = (255 - bgra[..., :3]) * alpha
    return (255 - (ink + 127) // 255).astype(np.uint8)


def _upright(pixels: npt.NDArray[Any], orientation: int) -> Any:
    """The picture turned and mirrored as its EXIF orientation (EXIF 3.0, tag 274) demands."""
    import cv2

    if orientation in (5, 7):
        pixels = cv2.transpose(pixels)
    if orientation in (2, 4, 7):
        pixels = cv2.flip(pixels, {2: 1, 4: 0, 7: -1}[orientation])
    turns = {3: cv2.ROTATE_180, 6: cv2.ROTATE_90_CLOCKWISE, 8: cv2.ROTATE_90_COUNTERCLOCKWISE}
    return cv2.rotate(pixels, turns[orientation]) if orientation in turns else pixels
