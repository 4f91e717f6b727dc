"""The check of a parameters cell that somebody edited in JupyterLab; Papermill's values are checked before a run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from toolkit.core.errors import invalid

_TYPE = re.compile(r"(?P<list>list\[)?(?P<item>int|float|str|bool)\]?(?P<optional> \| None)?")
_KINDS: dict[str, type | tuple[type, ...]] = {"int": int, "float": (int, float), "str": str, "bool": bool}


def check_parameters(namespace: Mapping[str, Any]) -> None:
    """Check each ``name: type = value`` of a notebook's cells against its type.

    Parameters
    ----------
    namespace : mapping
        ``globals()`` of the notebook.

    Raises
    ------
    InvalidValue
        A value of another type.

    Examples
    --------
    >>> check_parameters({"__annotations__": {"megapixels": list[float]}, "megapixels": [0.5, 1]})
    >>> check_parameters({"__annotations__": {"megapixels": list[float]}, "megapixels": 0.5})
    Traceback (most recent call last):
    toolkit.core.errors.InvalidValue: 'megapixels' of this notebook must be of type list[float]; got 0.5.
    """
    for name, annotation in namespace.get("__annotations__", {}).items():
        text = annotation.__name__ if annotation in (int, float, str, bool) else str(annotation)
        declared = _TYPE.fullmatch(text)
        if declared and name in namespace and not _fits(namespace[name], declared):
            raise invalid(name, "this notebook", f"of type {text}", namespace[name])


def _fits(value: object, declared: re.Match[str]) -> bool:
    if value is None:
        return declared["optional"] is not None
    if not declared["list"]:
        return _is_one(value, declared["item"])
    return isinstance(value, list | tuple) and all(_is_one(item, declared["item"]) for item in value)


def _is_one(value: object, item: str) -> bool:
    return isinstance(value, _KINDS[item]) and (item == "bool" or not isinstance(value, bool))
