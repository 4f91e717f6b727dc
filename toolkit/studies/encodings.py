"""Encode one picture in several file formats and settings, and measure milliseconds, bytes, PSNR and SSIM."""

from __future__ import annotations

import io
import statistics
from collections.abc import Callable, Sequence
from time import perf_counter

import numpy as np

from toolkit.images.encode import QUALITY
from toolkit.images.encode_settings import FORMATS, EncodeSetting, encode_settings
from toolkit.images.image import Image
from toolkit.images.similarity import difference, ssim
from toolkit.results.tables.encodings import Encoding

_LONGEST_S = 1.0  # longest time of all encodings with one setting, s


def in_each_format(
    image: Image,
    *,
    formats: Sequence[str] = FORMATS,
    qualities: Sequence[int] = (75, 85, QUALITY),
    calls: int = 5,
    on_setting: Callable[[str], None] = lambda name: None,
) -> list[Encoding]:
    """Encode a picture with every setting of the given formats, and measure each setting.

    Parameters
    ----------
    image : Image
        The picture to encode, BGR.
    formats : sequence of str
        Names of formats: ``png``, ``jpeg``, ``webp`` and ``avif``.
    qualities : sequence of int
        Qualities of the lossy formats, 1 to 100.
    calls : int
        Number of encodings with each setting, whose median time is reported; the settings take turns. A setting whose
        encodings have taken more than a second together gets no further encoding.
    on_setting : callable
        A function that is called with the name of a setting before the first encoding with this setting.

    Raises
    ------
    UnknownName, InvalidValue
        A format or a quality does not exist.

    Examples
    --------
    >>> import toolkit as tk
    >>> picture = tk.photo("chelsea")[:32, :32]
    >>> [one.name for one in in_each_format(picture, formats=["jpeg"], qualities=[95], calls=1)]
    ['JPEG 4:2:0, quality 95', 'JPEG 4:4:4, quality 95']
    """
    settings = encode_settings(formats, qualities=qualities)
    taken_s: list[list[float]] = [[] for _ in settings]
    contents = [b""] * len(settings)
    for turn in range(calls):
        for n, setting in enumerate(settings):
            if sum(taken_s[n]) > _LONGEST_S:
                continue
            if turn == 0:
                on_setting(setting.name)
            started = perf_counter()
            contents[n] = setting.encode(image)
            taken_s[n].append(perf_counter() - started)
    return [_encoding(image, *one) for one in zip(settings, contents, taken_s, strict=True)]


def _encoding(image: Image, setting: EncodeSetting, content: bytes, taken_s: Sequence[float]) -> Encoding:
    read = _read(content)
    psnr_db = difference(image, read).psnr_db
    return Encoding(
        name=setting.name,
        encode_s=statistics.median(taken_s),
        size_bytes=len(content),
        psnr_db=psnr_db,
        ssim=1.0 if psnr_db is None else ssim(image, read),
        is_default=setting.is_default,
    )


def _read(content: bytes) -> Image:
    """Decode the content of an encoded file with Pillow, which also reads AVIF."""
    from PIL import Image as Pillow

    with Pillow.open(io.BytesIO(content)) as picture:
        return np.ascontiguousarray(np.asarray(picture.convert("RGB"))[..., ::-1])
