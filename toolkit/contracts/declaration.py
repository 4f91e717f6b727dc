"""Check the attributes that an operation or a backend declares, so that a wrong type gives one clear error."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from toolkit.contracts.tolerance import Tolerance
from toolkit.core.errors import invalid
from toolkit.core.params import Param

TASKS = ("", "super-resolution", "matte")

_ENTRY = re.compile(r"[a-z_]\w*(:\w+)?")
_Check = tuple[str, Callable[[Any], bool]]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_callable_or_none(value: Any) -> bool:
    return value is None or callable(value)


def _is_whole(value: Any) -> bool:
    return type(value) is int and value >= 1


def _tuple_of(is_right: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, tuple) and all(map(is_right, value))


def _mapping_of(is_right: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: (
        isinstance(value, Mapping) and all(map(_is_text, value)) and all(map(is_right, value.values()))
    )


def _are_builders(value: Any) -> bool:
    return _mapping_of(callable)(value) and all(_ENTRY.fullmatch(name) for name in value)


_OPERATION: dict[str, _Check] = {
    "name": (
        "a text without @, colon, comma or spaces",
        lambda value: _is_text(value) and bool(re.fullmatch(r"[^@:,\s]+", value)),
    ),
    "summary": ("a text", _is_text),
    "kernels": (
        "a mapping of backend, or backend:name, to a function that builds the kernel",
        _are_builders,
    ),
    "network": ("a function of the parameters", _is_callable_or_none),
    "params": ("a tuple of Param", _tuple_of(lambda item: isinstance(item, Param))),
    "reference": ("the name of a backend", _is_text),
    "prefer": ("a tuple of names of backends", _tuple_of(_is_text)),
    "size_limits": (
        "a mapping of backend to a function of height, width and parameters",
        _mapping_of(callable),
    ),
    "channels": ("1, 3 or 4", lambda value: _is_whole(value) and value in (1, 3, 4)),
    "scale": ("a whole number, 1 or more", _is_whole),
    "output_shape": ("a function of height, width and parameters", _is_callable_or_none),
    "halo": ("a function of the parameters", _is_callable_or_none),
    "is_style": ("true or false", lambda value: isinstance(value, bool)),
    "keeps_alpha": ("true or false", lambda value: isinstance(value, bool)),
    "tolerance": ("a Tolerance", lambda value: isinstance(value, Tolerance)),
    "tolerances": (
        "a mapping of backend to Tolerance",
        _mapping_of(lambda item: isinstance(item, Tolerance)),
    ),
    "task": (f"one of {', '.join(map(repr, TASKS))}", lambda value: _is_text(value) and value in TASKS),
    "presets": (
        "a mapping of name to a mapping of parameter to value",
        _mapping_of(lambda item: isinstance(item, Mapping)),
    ),
    "former_defaults": ("a mapping of parameter to value", lambda value: isinstance(value, Mapping)),
}
_BACKEND: dict[str, _Check] = {
    "name": ("a text", _is_text),
    "module": ("a text", _is_text),
    "distribution": ("a text", _is_text),
    "install": ("a text", _is_text),
    "formats": ("a tuple of texts", _tuple_of(_is_text)),
    "devices": ("a tuple of texts", _tuple_of(_is_text)),
    "precisions": ("a tuple of texts", _tuple_of(_is_text)),
    "options": ("a tuple of Param", _tuple_of(lambda item: isinstance(item, Param))),
    "variants": ("a tuple of mappings", _tuple_of(lambda item: isinstance(item, Mapping))),
}


def check_operation(operation: Any) -> None:
    """Raise `InvalidValue` for the first attribute of an operation that has a wrong type or names a missing kernel.

    Raises
    ------
    InvalidValue
    """
    owner = str(operation.name)
    _check(operation, _OPERATION, owner)
    if operation.network is not None:
        return
    kernels = operation.kernels
    if not kernels:
        raise invalid(
            "kernels", owner, "at least one backend with its function, unless there is a network", kernels
        )
    names = [("reference", operation.reference), *(("prefer", name) for name in operation.prefer)]
    for attribute, name in [*names, *(("size_limits", name) for name in operation.size_limits)]:
        if name and name not in kernels:
            raise invalid(attribute, owner, f"among the operation's kernels: {', '.join(kernels)}", name)


def check_backend(kind: Any) -> None:
    """Raise `InvalidValue` for the first attribute of a class of backends that has a wrong type.

    Raises
    ------
    InvalidValue
    """
    _check(kind, _BACKEND, f"backend {kind.name}")


def _check(declared: Any, checks: Mapping[str, _Check], owner: str) -> None:
    for attribute, (constraint, is_right) in checks.items():
        value = getattr(declared, attribute)
        if not is_right(value):
            hint = "A tuple of one item needs a comma: (item,)." if constraint.startswith("a tuple") else ""
            raise invalid(attribute, owner, constraint, value, hint)
