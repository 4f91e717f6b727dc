"""Encode BGR arrays as picture files: the limits of each format, and the quality at which it is written."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.core.choices import Choice
from toolkit.core.errors import invalid
from toolkit.images.encode_png import encode_png
from toolkit.images.metadata import NO_METADATA, Metadata


@dataclass(frozen=True)
class _Format:
    name: str
    max_side_px: int
    has_alpha: bool


_JPEG, _TIFF = _Format("JPEG", 65_500, has_alpha=False), _Format("TIFF", 1 << 20, has_alpha=True)
_PNG = _Format("PNG", 1 << 20, has_alpha=True)
_WEBP, _BMP = _Format("WebP", 16_383, has_alpha=True), _Format("BMP", 1 << 20, has_alpha=False)
_FORMATS = {
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".png": _PNG,
    ".webp": _WEBP,
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".bmp": _BMP,
}

SUFFIXES: tuple[str, ...] = tuple(_FORMATS)
"""Suffixes of the five picture formats that Atelier can read and write."""

QUALITY = 95
"""Quality of JPEG and WebP files, unless the caller asks for another quality."""


class Chroma(Choice):
    """Resolution of the colour in a JPEG file."""

    FULL = "4:4:4"
    HALF = "4:2:0"


_EXIF_PREFIX = b"Exif\0\0"
_WEBP_EFFORT = 2
"""Effort of the WebP encoder, 0 to 6; OpenCV's effort 4 takes twice the time and gains at most 0.4 dB of PSNR."""


def holds(suffix: str, channels: int) -> bool:
    """Whether a picture file with the suffix `suffix` can hold a picture of `channels` channels (1, 3 or 4).

    >>> holds(".jpg", 3), holds(".jpg", 4), holds(".heic", 3)
    (True, False, False)
    """
    form = _FORMATS.get(suffix)
    return form is not None and (channels < 4 or form.has_alpha)


def has_quality(suffix: str) -> bool:
    """Whether a picture file with the suffix `suffix` is compressed with losses, so that a quality can be chosen.

    >>> has_quality(".jpg"), has_quality(".png")
    (True, False)
    """
    return suffix in _FORMATS and _FORMATS[suffix] in (_JPEG, _WEBP)


def holds_exif(suffix: str) -> bool:
    """Whether a picture file with the suffix `suffix` can hold EXIF data and a colour profile.

    >>> holds_exif(".png"), holds_exif(".bmp")
    (True, False)
    """
    return suffix in _FORMATS and _FORMATS[suffix] is not _BMP


def encode(
    image: npt.NDArray[np.uint8],
    suffix: str,
    *,
    quality: int = QUALITY,
    chroma: str = Chroma.FULL,
    metadata: Metadata = NO_METADATA,
) -> bytes:
    """The content of a picture file, in memory: an encoder that fails leaves no file behind.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 1 | 3 | 4): grey, BGR, BGRA
        The picture to encode.
    suffix : str
        Suffix that names the format, one of `SUFFIXES`.
    quality : int
        Quality of a JPEG or WebP file, 1 to 100.
    chroma : {"4:4:4", "4:2:0"}
        Resolution of the colour in a JPEG file: full, or half in both directions. OpenCV, Pillow and cameras write half
        the resolution; half the resolution takes a fifth fewer bytes and two thirds of the time of the full resolution.
    metadata : Metadata
        EXIF data and colour profile to write into the file. A BMP file holds no metadata, and a grey picture gets no
        colour profile. A TIFF file with metadata is uncompressed.

    Raises
    ------
    InvalidValue
        The picture has an alpha channel but the format does not, or the picture is too wide or high for the format.
    """
    import cv2

    form = _FORMATS[suffix]
    height, width, channels = image.shape
    if channels == 4 and not form.has_alpha:
        hint = "Save as .png, or drop the alpha with image[..., :3]."
        raise invalid(
            "image", f"save to {form.name}", "grey or BGR, because the format has no alpha", "BGRA", hint
        )
    if max(height, width) > form.max_side_px:
        constraint = f"at most {form.max_side_px} pixels wide and high"
        raise invalid("image", f"save to {form.name}", constraint, f"{width} x {height}", "Save as .png.")
    if form is _BMP:
        metadata = NO_METADATA
    if channels == 1:  # a grey picture gets no ICC profile, because the profile describes RGB colours
        metadata = Metadata(exif=metadata.exif)
    sampling = Chroma.check(chroma, "chroma", "encode")
    if form is _PNG:
        return encode_png(image, Metadata(exif=metadata.exif.removeprefix(_EXIF_PREFIX), icc=metadata.icc))
    if form is _WEBP:
        return _by_pillow(image, form, metadata, quality=quality, method=_WEBP_EFFORT)
    if form is _TIFF and metadata != NO_METADATA:
        return _by_pillow(image, form, metadata)
    factors = {
        Chroma.FULL: cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
        Chroma.HALF: cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    }
    options = (cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factors[sampling])
    parts = [
        (cv2.IMAGE_METADATA_EXIF, metadata.exif.removeprefix(_EXIF_PREFIX)),
        (cv2.IMAGE_METADATA_ICCP, metadata.icc),
    ]
    kinds = [kind for kind, data in parts if data]
    blocks = [np.frombuffer(data, np.uint8) for _, data in parts if data]
    settings = options if form is _JPEG else ()
    return cv2.imencodeWithMetadata(suffix, image, kinds, blocks, settings)[1].tobytes()


def _by_pillow(image: npt.NDArray[np.uint8], form: _Format, metadata: Metadata, **settings: int) -> bytes:
    """Encode what OpenCV cannot: WebP with a chosen effort of the encoder, and uncompressed TIFF with metadata."""
    import cv2
    from PIL import Image

    orders = {3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}
    channels = image.shape[2]
    pixels = image[..., 0] if channels == 1 else cv2.cvtColor(image, orders[channels])
    file = io.BytesIO()
    found = {"exif": metadata.exif, "icc_profile": metadata.icc}
    blocks = {name: data for name, data in found.items() if data}
    Image.fromarray(pixels).save(file, form.name.upper(), **blocks, **settings)
    return file.getvalue()
