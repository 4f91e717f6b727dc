"""Files that people and other programs read: written whole or not at all, JSON without NaN."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from toolkit.core.errors import InvalidValue


def write_whole(path: str | Path, content: str | bytes) -> Path:
    """Write beside the target and rename, so that neither a reader nor a crash ever meets half a file.

    Parameters
    ----------
    path : str or Path
        Missing folders are made; an existing file is replaced.
    content : str or bytes
        Text is written as UTF-8.

    Raises
    ------
    InvalidValue
        The folder is read-only, the disk is full, or the path is a folder.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise InvalidValue(
            f"file {str(path)!r} cannot be written: {error.strerror or error}. "
            "Choose another folder, or free some space."
        ) from error
    return path


def to_json(value: object, *, indent: int | None = 1) -> str:
    """Strict JSON: NaN and infinity become null, numpy numbers plain ones, paths text.

    >>> to_json({"psnr_db": [float("inf"), 40.0]}, indent=None)
    '{"psnr_db": [null, 40.0]}'
    """
    return json.dumps(_finite(value), indent=indent, allow_nan=False, ensure_ascii=False)


def plain(value: object) -> object:
    """What `json.dumps` is to write for a numpy number, an array or a path.

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
