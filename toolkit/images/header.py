"""Read format and size of a picture file from its header, without decoding a pixel."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

from toolkit.core.errors import InvalidValue
from toolkit.images.decode import identify, one_at_a_time, opener_of, refusal
from toolkit.images.decoders import bmp

_MOST_HEADER_BYTES = 1 << 20  # number of bytes at the beginning of a BMP file that are read


@dataclass(frozen=True, kw_only=True)
class Header:
    """Format and size of a picture file.

    Attributes
    ----------
    kind : {"JPEG", "PNG", "WebP", "TIFF", "BMP"}
        Format of the file.
    width, height : int
        Size of the picture as stored in the file, px; the EXIF orientation is not applied.
    """

    kind: str
    width: int
    height: int


def header_of(path: Path) -> Header:
    """The format and size that the header of a picture file declares.

    Raises
    ------
    InvalidValue
        The file is not a picture, or its header cannot be read.
    """
    kind = identify(path)
    try:
        with path.open("rb") as file, one_at_a_time, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if kind == "BMP":
                found = bmp.header_of(file.read(_MOST_HEADER_BYTES))
                return Header(kind=kind, width=found.width, height=found.height)
            width, height = opener_of(kind)(file).size
            return Header(kind=kind, width=width, height=height)
    except InvalidValue:
        raise
    except Exception as error:  # decoders raise errors of many classes for a damaged file
        found_text = f"a {kind} file whose header cannot be read ({error})"
        hint = "Copy or download the file again, or save it as a PNG."
        raise refusal(path, "a complete, undamaged picture", found_text, hint) from error
