"""Write one picture in each format and read it back: milliseconds, bytes, PSNR."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from time import perf_counter

from toolkit.images.encode import QUALITY, Chroma, encode
from toolkit.images.image import Image, load
from toolkit.images.similarity import difference
from toolkit.results.tables.encodings import Encoding


def in_each_format(image: Image, *, quality: int = QUALITY, calls: int = 5) -> list[Encoding]:
    """The picture as PNG, as JPEG with half and with full resolution of the colour, and as WebP.

    Parameters
    ----------
    image : Image
        BGR.
    quality : int
        Of JPEG and WebP, 1 to 100.
    calls : int
        Encodings of which the median time is taken.

    Examples
    --------
    >>> import toolkit as tk
    >>> [one.name for one in in_each_format(tk.photo("chelsea")[:32, :32], calls=1)]
    ['PNG', 'JPEG 4:2:0, quality 95', 'JPEG 4:4:4, quality 95', 'WebP, quality 95']
    """
    return [
        _encoding(image, "PNG", ".png", quality=quality, calls=calls),
        *(
            _encoding(
                image,
                f"JPEG {chroma}, quality {quality}",
                ".jpg",
                quality=quality,
                chroma=chroma,
                calls=calls,
            )
            for chroma in (Chroma.HALF, Chroma.FULL)
        ),
        _encoding(image, f"WebP, quality {quality}", ".webp", quality=quality, calls=calls),
    ]


def _encoding(
    image: Image, name: str, suffix: str, *, quality: int, calls: int, chroma: str = Chroma.FULL
) -> Encoding:
    taken_s = []
    for _ in range(calls):
        started = perf_counter()
        content = encode(image, suffix, quality=quality, chroma=chroma)
        taken_s.append(perf_counter() - started)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"picture{suffix}")
        file.write_bytes(content)
        psnr_db = difference(image, load(file)).psnr_db
    return Encoding(name=name, encode_s=statistics.median(taken_s), size_bytes=len(content), psnr_db=psnr_db)
