"""Settings of PNG, JPEG, WebP and AVIF that a user may choose between, with the fastest encoder found for each."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from toolkit.core.errors import InvalidValue, Unavailable, unknown
from toolkit.images.encode import QUALITY, Chroma, encode
from toolkit.images.image import Image

FORMATS = ("png", "jpeg", "webp", "avif")
"""Names of the formats that have settings; AVIF has no settings if Pillow is built without AVIF."""

_FILTERS = ("none", "Sub", "Up", "Average", "Paeth", "all")
_LEVELS = (1, 3, 6)  # PNG level 9 takes ten times as long as level 6 and saves a tenth of the bytes
_AVIF_SPEED = 8  # AVIF speeds are 0 to 10; the default speed, 6, takes two to four times as long as 8


@dataclass(frozen=True, kw_only=True)
class EncodeSetting:
    """A format and the settings with which an encoder writes a picture.

    Attributes
    ----------
    name : str
        Format and settings, such as ``JPEG 4:2:0, quality 95``.
    suffix : str
        Suffix of the picture files, such as ``.jpg``.
    encode : callable
        Function that returns the content of a file for a BGR picture.
    is_default : bool
        Whether Atelier writes pictures with this setting unless the user asks for another setting.
    """

    name: str
    suffix: str
    encode: Callable[[Image], bytes]
    is_default: bool = False


def encode_settings(
    formats: Sequence[str] = FORMATS, *, qualities: Sequence[int] = (75, 85, QUALITY)
) -> list[EncodeSetting]:
    """All encoder settings of the given picture formats.

    Parameters
    ----------
    formats : sequence of str
        Names of formats, all in `FORMATS`.
    qualities : sequence of int
        Qualities of JPEG, WebP and AVIF, 1 to 100; the same number means another quality in each of the three formats.

    Raises
    ------
    UnknownName
        A name in `formats` is not in `FORMATS`.
    InvalidValue
        A quality is not a whole number from 1 to 100.
    Unavailable
        AVIF is the only format in `formats`, and Pillow is built without AVIF.

    Examples
    --------
    >>> [setting.name for setting in encode_settings(["jpeg"], qualities=[90])]
    ['JPEG 4:2:0, quality 90', 'JPEG 4:4:4, quality 90']
    """
    for quality in qualities:
        if not 1 <= quality <= 100:
            raise InvalidValue(f"'quality' of an encoder must be 1 to 100; got {quality!r}.")
    makers = {"png": _png, "jpeg": _jpeg, "webp": _webp, "avif": _avif}
    for name in formats:
        if name not in makers:
            raise unknown("format", name, FORMATS)
    found = [setting for name in dict.fromkeys(formats) for setting in makers[name](qualities)]
    if not found:
        raise Unavailable("AVIF needs a Pillow with libavif; run pip install 'pillow>=11.3'.")
    return found


def _png(qualities: Sequence[int]) -> list[EncodeSetting]:
    found = [EncodeSetting(name="PNG", suffix=".png", encode=_written(".png", QUALITY), is_default=True)]
    one_filter = [(1, name) for name in _FILTERS[:-1]]
    for level, name in [*one_filter, *((level, "all") for level in _LEVELS)]:
        words = "all filters" if name == "all" else f"filter {name}"
        way = partial(_opencv_png, level=level, filtered=name)
        found.append(EncodeSetting(name=f"PNG level {level}, {words}", suffix=".png", encode=way))
    return found


def _jpeg(qualities: Sequence[int]) -> list[EncodeSetting]:
    return [
        EncodeSetting(
            name=f"JPEG {chroma}, quality {quality}",
            suffix=".jpg",
            encode=_written(".jpg", quality, chroma),
            is_default=chroma == Chroma.FULL and quality == QUALITY,
        )
        for chroma in (Chroma.HALF, Chroma.FULL)
        for quality in qualities
    ]


def _webp(qualities: Sequence[int]) -> list[EncodeSetting]:
    lossy = [
        EncodeSetting(
            name=f"WebP, quality {quality}",
            suffix=".webp",
            encode=_written(".webp", quality),
            is_default=quality == QUALITY,
        )
        for quality in qualities
    ]
    # For a lossless WebP file, the parameter "quality" of libwebp sets how long the encoder searches for fewer bytes.
    lossless = [
        EncodeSetting(
            name=f"WebP lossless, effort {effort}",
            suffix=".webp",
            encode=partial(_pillow, kind="WEBP", lossless=True, method=effort, quality=20),
        )
        for effort in (0, 1)
    ]
    return lossy + lossless


def _avif(qualities: Sequence[int]) -> list[EncodeSetting]:
    from PIL import features

    if not features.check("avif"):
        return []
    return [
        EncodeSetting(
            name=f"AVIF 4:2:0, quality {quality}",
            suffix=".avif",
            encode=partial(
                _pillow, kind="AVIF", quality=quality, subsampling="4:2:0", speed=_AVIF_SPEED, max_threads=1
            ),
        )
        for quality in qualities
    ]


def _written(suffix: str, quality: int, chroma: str = Chroma.FULL) -> Callable[[Image], bytes]:
    return partial(encode, suffix=suffix, quality=quality, chroma=chroma)


def _opencv_png(image: Image, *, level: int, filtered: str) -> bytes:
    import cv2

    masks = {
        "none": cv2.IMWRITE_PNG_FILTER_NONE,
        "Sub": cv2.IMWRITE_PNG_FILTER_SUB,
        "Up": cv2.IMWRITE_PNG_FILTER_UP,
        "Average": cv2.IMWRITE_PNG_FILTER_AVG,
        "Paeth": cv2.IMWRITE_PNG_FILTER_PAETH,
        "all": cv2.IMWRITE_PNG_ALL_FILTERS,
    }
    strategy = (cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_DEFAULT)
    options = (cv2.IMWRITE_PNG_COMPRESSION, level, cv2.IMWRITE_PNG_FILTER, masks[filtered], *strategy)
    return cv2.imencode(".png", image, options)[1].tobytes()


def _pillow(image: Image, *, kind: str, **settings: int | str) -> bytes:
    import cv2
    from PIL import Image as Pillow

    file = io.BytesIO()
    Pillow.fromarray(np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))).save(file, kind, **settings)
    return file.getvalue()
