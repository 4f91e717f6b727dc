"""Write files completely or not at all, and JSON without NaN."""

from __future__ import annotations

import errno
import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from toolkit.core.errors import InvalidValue
from toolkit.core.folders import write_something

_log = logging.getLogger(__name__)


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`: its file replaces `path` after the ``with`` block, or is deleted after an error.

    No reader sees a part of the file, and a crash leaves the old file unchanged.

    Parameters
    ----------
    path : Path
        Path of the file to write, in a folder that exists.

    Yields
    ------
    Path
        The path to which the ``with`` block writes the new file; no file has this path yet. The temporary name is
        short, so that the name of `path` may be as long as the file system allows.

    Raises
    ------
    OSError
        The file at `path` cannot be written or replaced.
    """
    part = path.with_name(f".atelier-{os.urandom(6).hex()}.part")
    try:
        yield part
        part.replace(path)
    except BaseException:
        try:
            part.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("could not remove the temporary file %s: %s", part, error.strerror)
        raise


def write_whole(path: str | Path, content: str | bytes) -> Path:
    r"""Write a file completely or not at all; every user may read the file.

    Parameters
    ----------
    path : str or Path
        Path of the file. Missing folders are created; an existing file is replaced.
    content : str or bytes
        Text is written as UTF-8. A byte of a file name that is not valid UTF-8 is written as an escape, ``\udce9``.

    Raises
    ------
    InvalidValue
        The folder of the file is read-only, the disk is full, or `path` is a folder.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as part:
            part.write_bytes(
                content.encode(errors="backslashreplace") if isinstance(content, str) else content
            )
            part.chmod(0o644)
    except OSError as error:
        raise _unwritable(path, error) from error
    return path


def check_writable(path: str | Path) -> None:
    """Raise now, before long work whose result goes into `path`, the error that `write_whole` would raise."""
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        write_something(path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> InvalidValue:
    return InvalidValue(
        f"file {str(path)!r} cannot be written: {error.strerror or error}. "
        "Choose another folder, or free some space."
    )


def to_json(value: object, *, indent: int | None = 1, is_ascii: bool = False) -> str:
    """Strict JSON: NaN and infinity become null, numpy numbers become plain numbers, paths become text.

    >>> to_json({"psnr_db": [float("inf"), 40.0]}, indent=None)
    '{"psnr_db": [null, 40.0]}'
    """
    return json.dumps(_finite(value), indent=indent, allow_nan=False, ensure_ascii=is_ascii)


def plain(value: object) -> object:
    """The JSON form of a numpy number or array (plain numbers) or of a path (text).

    >>> plain(Path("a"))
    'a'
    """
    return cast(Any, value).tolist() if hasattr(value, "tolist") else str(value)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_finite(item) for item in value]
    if isinstance(value, float):
        return float(value) if float("-inf") < value < float("inf") else None
    return value if value is None or isinstance(value, str | int) else _finite(plain(value))
