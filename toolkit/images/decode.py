"""Decode picture files to 8-bit BGR arrays, refuse unsupported files, and name what the conversion loses.

A decoder's warning counts as an error, because the decoder fills the pixels after the damage with grey, black or noise.
"""

from __future__ import annotations

import logging
import re
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import InvalidValue
from toolkit.images.alpha import over_white
from toolkit.images.decoders import Uncovered, bmp, png_colours, stored_pixels
from toolkit.images.decoders.colour_profile import to_srgb
from toolkit.images.decoders.tiff_pages import Page, beginning_at, picture_page
from toolkit.images.metadata import NO_METADATA, Metadata, exif_to_keep, icc_to_keep, upright

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
_ORIENTATION = 0x0112
# Texts of Pillow's errors for a variant of a file format that Pillow cannot decode.
_LACKING = re.compile(r"unknown pixel mode|unknown data organization|cannot handle \d+-bit")

_log = logging.getLogger(__name__)
# One thread decodes at a time: warnings.catch_warnings and stderr belong to the whole process.
one_at_a_time = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """A decoded picture file: its upright pixels in sRGB, and the properties of the file.

    Attributes
    ----------
    image : ndarray of uint8, shape (H, W, 3), BGR
        The decoded picture, composited over white.
    colours : ndarray of uint8, shape (H, W, 3), BGR
        The colours before they are composited over white; `image` itself if the picture is opaque.
    alpha : ndarray of uint8, shape (H, W); or None
        The alpha channel; None if every pixel is opaque.
    bits : int
        Number of bits of each channel in the file; values of 16 bits are rounded to 8 bits.
    profile : str
        Name of the ICC profile from which the colours were converted to sRGB; ``""`` if the colours were not converted.
    profile_problem : str
        The reason why the file's ICC profile was ignored; ``""`` if the profile was not ignored.
    metadata : Metadata
        EXIF data and colour profile to write into a file that is made from this picture.
    exif_problem : str
        The reason why the file's EXIF data are ignored; ``""`` if the data are not ignored.
    """

    image: npt.NDArray[np.uint8]
    colours: npt.NDArray[np.uint8]
    alpha: npt.NDArray[np.uint8] | None = None
    bits: int = 8
    profile: str = ""
    profile_problem: str = ""
    metadata: Metadata = NO_METADATA
    exif_problem: str = ""

    @property
    def with_alpha(self) -> npt.NDArray[np.uint8]:
        """The picture as BGRA if it has transparent pixels, else as BGR (`image`)."""
        return self.image if self.alpha is None else np.dstack([self.colours, self.alpha])

    def losses(self, *, keeps_alpha: bool = False) -> list[str]:
        """The properties of the file that the decoded picture loses, each as a clause of text.

        Parameters
        ----------
        keeps_alpha : bool
            Whether the caller uses `alpha`; if False, a clause says that the alpha channel is lost.
        """
        found = []
        if self.alpha is not None and not keeps_alpha:
            found.append("transparent parts of the picture are laid on white")
        if self.bits > 8:
            found.append(f"{self.bits} bits a channel are reduced to 8")
        if self.profile:
            found.append(f"colours are converted from {self.profile} to sRGB")
        if self.profile_problem:
            found.append(f"the ICC profile {self.profile_problem} and is ignored")
        if self.exif_problem:
            found.append(f"the EXIF data {self.exif_problem} and are ignored")
        return found


def decode(path: Path) -> Decoded:
    """Decode a picture file by the rules of `toolkit.images.image.load`.

    Raises
    ------
    InvalidValue
        The file is missing, unreadable, not a picture, damaged, animated, too large, or of an unsupported kind.
    """
    try:
        kind = identify(path)
        with path.open("rb") as file, one_at_a_time, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = _decode(path, file, kind)
    except OSError as error:
        reason = error.strerror or str(error)
        raise refusal(
            path, "a readable picture file", f"which cannot be read ({reason})", "Check the file."
        ) from None
    for loss in found.losses():
        _log.info("%s: %s", path, loss)
    return found


def refusal(path: Path, constraint: str, found: str, hint: str, *, owner: str = "load") -> InvalidValue:
    """The error for a refused picture file, with the constraint, the file, its content, and what the user can do."""
    return InvalidValue(f"'file' of {owner} must be {constraint}; got {str(path)!r}, {found}. {hint}")


def identify(path: Path) -> str:
    """The format of a file, one of `_DECODED`, determined by the content and not by the suffix."""
    constraint = f"a {', '.join(_DECODED[:-1])} or {_DECODED[-1]} picture"
    if path.is_dir():
        raise refusal(path, constraint, "a directory", "Give the path of a file in the directory.")
    if not path.exists():
        raise refusal(path, constraint, "which does not exist", "Check the spelling and the folder.")
    if not path.is_file():
        raise refusal(path, constraint, "a device or pipe", "Give the path of a picture file.")
    with path.open("rb") as file:
        head = file.read(16)
    if not head:
        raise refusal(path, constraint, "an empty file", "Copy or download the file again.")
    kind = next((kind for magic, kind in _SIGNATURES.items() if head.startswith(magic)), "")
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        kind = "WebP"
    elif head[4:8] == b"ftyp":
        kind = "HEIC, AVIF or video"
    if kind == "GIF":
        raise refusal(path, constraint, "a GIF file", "Save one frame of the GIF as a PNG.")
    if kind not in _DECODED:
        hint = "Save the picture as a PNG or JPEG first."
        raise refusal(path, constraint, f"a {kind} file" if kind else "which is not a picture", hint)
    return kind


def _decode(path: Path, file: IO[bytes], kind: str) -> Decoded:
    """Check the header of a picture file, then decode the pixels."""
    try:
        if kind == "BMP":
            return _bmp(path, file.read())
        page = picture_page(file) if kind == "TIFF" else None
        if page is not None:
            if page.uncovered:
                raise Uncovered(page.uncovered)
            file = beginning_at(file, page.start)
        file.seek(0)
        picture = opener_of(kind)(file)
        _check_header(path, picture, kind, page)
        pixels, bits = stored_pixels.stored(file, picture, page)
        orientation = (
            1 if page is not None else _orientation(picture)
        )  # the decoders have turned TIFF pictures upright
        icc, inks = _profile(file, picture), picture if picture.mode == "CMYK" else None
        done = _finished(pixels, icc=icc, inks=inks, orientation=orientation)
        file.seek(0)
        # Pillow closes a TIFF file after decoding its pixels, and reads the EXIF data on request: the file is opened
        # again.
        return replace(_with_exif(done, picture if page is None else opener_of(kind)(file)), bits=bits)
    except InvalidValue:
        raise
    except Uncovered as error:
        raise _uncovered(path, str(error)) from None
    except Exception as error:  # decoders raise errors of many classes for a damaged file
        if _LACKING.search(str(error)):
            raise _uncovered(path, f"a {kind} file of a variant that cannot be decoded ({error})") from None
        found = f"a {kind} file that cannot be decoded ({error})"
        hint = "Copy or download the file again, or save it as a PNG."
        raise refusal(path, "a complete, undamaged picture", found, hint) from error


def _uncovered(path: Path, found: str) -> InvalidValue:
    constraint = "grey, RGB, palette or CMYK with 8 bits a channel, or grey or RGB with 16 unsigned bits"
    return refusal(path, constraint, found, "Save the picture as an 8-bit PNG or JPEG first.")


def opener_of(kind: str) -> Callable[[IO[bytes]], PillowImage]:
    """The function of Pillow's plug-in that opens files of a format.

    The plug-in is called directly, because ``PIL.Image.open`` also checks a size limit of its own, which is a setting
    of the whole process.
    """
    from PIL import JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

    openers: dict[str, Callable[[IO[bytes]], PillowImage]] = {
        "JPEG": JpegImagePlugin.jpeg_factory,
        "PNG": PngImagePlugin.PngImageFile,
        "WebP": WebPImagePlugin.WebPImageFile,
        "TIFF": TiffImagePlugin.TiffImageFile,
    }
    return openers[kind]


def _check_header(path: Path, picture: PillowImage, kind: str, page: Page | None) -> None:
    """Refuse, before any pixel is decoded, a picture that is too large and a file of several pictures."""
    others = page.others if page is not None else getattr(picture, "n_frames", 1) - 1
    if others > 0 and kind != "JPEG":  # a phone's JPEG file may have a depth or gain map as a second picture
        hint = "Save one of the frames or pages as a PNG."
        raise refusal(path, "a single picture", f"a {kind} file of {others + 1} frames or pages", hint)
    _check_size(path, *picture.size)


def _check_size(path: Path, width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        found = f"which is {width} x {height} pixels ({width * height / 1e6:.0f} MP)"
        hint = "Shrink or crop the picture first."
        raise refusal(path, f"a picture of at most {MAX_PIXELS / 1e6:.0f} MP", found, hint)


def _bmp(path: Path, data: bytes) -> Decoded:
    header = bmp.header_of(data)
    _check_size(path, header.width, header.height)
    return _finished(bmp.pixels_of(data, header), icc=header.profile)


def _finished(
    pixels: npt.NDArray[np.uint8], *, icc: bytes, inks: PillowImage | None = None, orientation: int = 1
) -> Decoded:
    """Convert stored BGR or BGRA pixels to sRGB, upright and over white; `inks` is the picture if it is CMYK."""
    profile = problem = ""
    if icc:
        from PIL import Image

        converted = to_srgb(inks or Image.fromarray(np.ascontiguousarray(pixels[..., 2::-1])), icc)
        problem = converted.problem
        if converted.rgb is not None:
            profile = converted.profile
            pixels = np.dstack([converted.rgb[..., ::-1], pixels[..., 3:]])
    pixels = upright(pixels, orientation)
    colours, alpha = np.ascontiguousarray(pixels[..., :3]), None
    if pixels.shape[2] == 4 and pixels[..., 3].min() < 255:
        alpha = np.ascontiguousarray(pixels[..., 3])
    return Decoded(
        image=colours if alpha is None else over_white(colours, alpha),
        colours=colours,
        alpha=alpha,
        profile=profile,
        profile_problem=problem,
        metadata=Metadata(icc=icc_to_keep(icc, is_converted=bool(profile)) if icc and not problem else b""),
    )


def _profile(file: IO[bytes], picture: PillowImage) -> bytes:
    """The ICC profile of the colours; empty if the colours are sRGB, or if the file does not describe them."""
    stored: bytes = picture.info.get("icc_profile") or b""
    if picture.format != "PNG":
        return stored
    file.seek(0)
    return png_colours.profile_of(file.read(), stored)


def _with_exif(found: Decoded, picture: PillowImage) -> Decoded:
    try:
        exif = exif_to_keep(picture)
    except Exception as error:  # the parser raises errors of many classes for damaged bytes
        return replace(found, exif_problem=f"cannot be read ({' '.join(str(error).split())})")
    return replace(found, metadata=replace(found.metadata, exif=exif))


def _orientation(picture: PillowImage) -> int:
    """The EXIF orientation; 1 (upright) if the EXIF data cannot be read, because the pixels may be undamaged."""
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # the parser raises errors of many classes for damaged bytes
        return 1
