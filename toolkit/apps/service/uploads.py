"""Receive a picture: check its size and its header, and write it into the data folder."""

from __future__ import annotations

import hashlib
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from toolkit.apps.service.problems import Problem
from toolkit.apps.service.settings import ServiceSettings
from toolkit.core import units
from toolkit.core.errors import InvalidValue
from toolkit.images.header import header_of
from toolkit.jobs.asked import JobFolder

_CHUNK_BYTES = 1 << 18


@dataclass(frozen=True, kw_only=True)
class Upload:
    """An uploaded picture in the data folder.

    Attributes
    ----------
    path : Path
        Path of the picture's file in the data folder.
    name : str
        Name of the file on the client's machine, for messages.
    digest : str
        SHA-256 of the picture's file.
    width, height : int
        Width and height in the header of the picture's file, px.
    """

    path: Path
    name: str
    digest: str
    width: int
    height: int


def taken_in(file: IO[bytes], client_name: str, folder: JobFolder, settings: ServiceSettings) -> Upload:
    """Write an uploaded picture into the data folder.

    Raises
    ------
    Problem
        413: the picture has too many bytes or pixels; 415: the file is not a picture.
    OSError
        The disk is full.
    """
    path = folder.uploads / secrets.token_hex(12)
    name = shown_name(client_name)
    try:
        digest = _written(file, path, settings.most_upload_bytes)
        try:
            found = header_of(path)
        except InvalidValue as error:
            said = str(error).replace(repr(str(path)), repr(name)).replace("of load ", "")
            raise Problem(415, said.replace("'file'", "'image'")) from None
        if found.width * found.height > settings.most_px:
            n_px = found.width * found.height
            raise Problem(
                413,
                f"'image' must have at most {units.pixel_count(settings.most_px)}; got {found.width} x {found.height} "
                f"({units.pixel_count(n_px)}). Shrink the picture first.",
            )
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Upload(path=path, name=name, digest=digest, width=found.width, height=found.height)


def _written(file: IO[bytes], path: Path, most_bytes: int) -> str:
    """Copy an uploaded file to `path`; returns the file's SHA-256."""
    digest, n_bytes = hashlib.sha256(), 0
    with path.open("wb") as target:
        while chunk := file.read(_CHUNK_BYTES):
            n_bytes += len(chunk)
            if n_bytes > most_bytes:
                raise Problem(
                    413,
                    f"'image' must have at most {units.byte_count(most_bytes)}. Shrink the picture first.",
                )
            digest.update(chunk)
            target.write(chunk)
    return digest.hexdigest()


def shown_name(name: str) -> str:
    """The last part of a client's file name, without control characters; for messages, never for a path.

    >>> shown_name("../../etc/pass" + chr(10) + "wd")
    'passwd'
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(sign for sign in last if sign.isprintable())[:80] or "picture"


def free_bytes(folder: JobFolder) -> int:
    """Free bytes of the disk with the data folder."""
    return shutil.disk_usage(folder.path).free
