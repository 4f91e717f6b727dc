"""Check the types of a parameters cell that a user edited in JupyterLab."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolkit.apps.report import annotations
from toolkit.core.errors import invalid


def check_parameters(namespace: Mapping[str, Any]) -> None:
    """Check each ``name: type = value`` of a notebook's cells against its type.

    Parameters
    ----------
    namespace : mapping
        The variables of the notebook by name, as ``globals()`` returns them in a cell of the notebook.

    Raises
    ------
    InvalidValue
        The value of a parameter has another type than the notebook declares.

    Examples
    --------
    >>> check_parameters({"__annotations__": {"megapixels": list[float]}, "megapixels": [0.5, 1]})
    >>> check_parameters({"__annotations__": {"megapixels": list[float]}, "megapixels": 0.5})
    Traceback (most recent call last):
    toolkit.core.errors.InvalidValue: 'megapixels' of this notebook must be a list of float; got 0.5.
    """
    for name, declared in namespace.get("__annotations__", {}).items():
        text = declared.__name__ if type(declared) is type else str(declared)
        if name in namespace and not annotations.fits(namespace[name], text):
            raise invalid(name, "this notebook", annotations.words(text), namespace[name])
