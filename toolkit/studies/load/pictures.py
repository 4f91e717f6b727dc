"""The pictures that a load test sends: each copy has different bytes, so that no cache can answer a request."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from toolkit.core.errors import InvalidValue
from toolkit.images.encode import encode
from toolkit.images.photos import photo

_KINDS = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
_SAMPLES = ("chelsea", "coffee")
_PNG_END = bytes.fromhex("0000000049454e44ae426082")
_TEXT_CHUNK = b"tEXt"


@dataclass(frozen=True)
class Picture:
    """A picture file in memory: its name, its media type and its content."""

    name: str
    kind: str
    content: bytes

    def copy_number(self, number: int) -> bytes:
        """The content of a file with a comment that holds a number: different bytes, but the same pixels.

        A WebP file has no place for a comment and stays unchanged.
        """
        text = f"atelier load {number}".encode()
        if self.content.startswith(b"\xff\xd8"):
            return self.content[:2] + b"\xff\xfe" + (len(text) + 2).to_bytes(2) + text + self.content[2:]
        if self.content.endswith(_PNG_END):
            return self.content[: -len(_PNG_END)] + _text_chunk(text) + _PNG_END
        return self.content


def _text_chunk(text: bytes) -> bytes:
    from zlib import crc32

    body = _TEXT_CHUNK + b"Comment\0" + text
    return (len(body) - 4).to_bytes(4) + body + crc32(body).to_bytes(4)


def pictures_to_send(folder: str | Path | None = None, *, side_px: int | None = None) -> list[Picture]:
    """The JPEG, PNG and WebP files of a folder, or sample photos of 0.2 MP as JPEG, cropped to `side_px`.

    Raises
    ------
    InvalidValue
        The folder holds no JPEG, PNG or WebP file, or cannot be read.
    """
    if folder is None:
        return [
            Picture(f"{name}.jpg", _KINDS[".jpg"], encode(photo(name)[:side_px, :side_px], ".jpg"))
            for name in _SAMPLES
        ]
    try:
        files = sorted(file for file in Path(folder).iterdir() if file.suffix.lower() in _KINDS)
        found = [Picture(file.name, _KINDS[file.suffix.lower()], file.read_bytes()) for file in files]
    except OSError as error:
        raise InvalidValue(f"folder {str(folder)!r} of pictures cannot be read: {error.strerror}.") from error
    if not found:
        raise InvalidValue(f"folder {str(folder)!r} must hold JPEG, PNG or WebP files; it holds none.")
    return found
