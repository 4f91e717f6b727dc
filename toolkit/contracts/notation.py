"""How a trial is written, read back.

Written ``operation@backend:key=value,key=value``. A key is a Trial key (`KEYS`), a parameter of the
operation, an option of the backend, or ``step.parameter`` of a pre-step; none is given twice::

    stylization@opencv:sigma_s=90,threads=2,megapixels=2
    oil_painting@opencv:fit_pixels.pixels=2000000,megapixels=12.2,workers=2

``parse_trial(str(trial)) == trial`` for every trial without plug-ins; those are files, loaded beforehand.
"""

from __future__ import annotations

import re
from typing import Any

from toolkit.contracts.backend import BACKENDS
from toolkit.contracts.operation import OPERATIONS, Operation
from toolkit.contracts.trial import KEYS, Trial, make_trial
from toolkit.core.errors import InvalidValue, invalid, unknown
from toolkit.core.params import Value


def parse_trial(text: str, **defaults: Any) -> Trial:
    """Read the written form ``operation@backend:key=value,...``.

    Parameters
    ----------
    text : str
        Backend and keys may be left out.
    **defaults
        Arguments of `make_trial` for what `text` does not say.

    Raises
    ------
    UnknownName, InvalidValue, Unavailable

    >>> parse_trial("oil_painting@opencv:size=9,threads=2", megapixels=2).params
    (('size', 9),)
    """
    head, _, tail = text.partition(":")
    name, _, backend = head.partition("@")
    op = OPERATIONS[name]
    given: dict[str, Any] = dict(defaults)
    backend = backend or given.pop("backend", None) or ""
    params: dict[str, object] = dict(given.pop("params", None) or {})
    options: dict[str, object] = dict(given.pop("options", None) or {})
    steps: dict[str, dict[str, object]] = {step: dict(values) for step, values in given.pop("steps", ())}
    seen: set[str] = set()
    for part in filter(None, tail.split(",")):
        key, equals, value = (text.strip() for text in part.partition("="))
        if not equals:
            raise InvalidValue(
                f"a trial is written operation@backend:key=value,key=value; got {part!r} in {text!r}."
            )
        if key in seen or {key, *seen} >= {"input", "megapixels"}:
            raise InvalidValue(f"a trial names each key once, and one of input and megapixels; got {text!r}.")
        seen.add(key)
        _take(op, backend, key, value, given, params, options, steps)
    return make_trial(
        name, backend or None, params=params, options=options, steps=tuple(steps.items()), **given
    )


def _take(
    op: Operation,
    backend: str,
    key: str,
    value: str,
    given: dict[str, Any],
    params: dict[str, object],
    options: dict[str, object],
    steps: dict[str, dict[str, object]],
) -> None:
    """Put one written ``key=value`` where it belongs."""
    own = {p.name: p for p in op.params}
    theirs = {p.name: p for p in BACKENDS[backend].options} if backend else {}
    trial_keys = {p.name: p for p in KEYS}
    if "." in key:
        step, _, name = key.partition(".")
        declared = {p.name: p for p in OPERATIONS[step].params}
        if name not in declared:
            raise unknown(f"parameter of {step}", name, declared)
        steps.setdefault(step, {})[name] = declared[name].parse(value, step)
    elif key in own:
        params[key] = own[key].parse(value, op.name)
    elif key in theirs:
        options[key] = theirs[key].parse(value, f"backend {backend}")
    elif key == "input":
        given["size"], given["megapixels"] = parse_size(value), None
    elif key == "images":
        given["images"] = tuple(value.split("+"))
    elif key in trial_keys:
        given[key] = trial_keys[key].parse(value, "a trial")
        if key == "megapixels":
            given["size"] = None
    else:
        raise unknown(f"key of a trial of {op.name}", key, [*trial_keys, *own, *theirs])


def parse_backend(text: str) -> tuple[str, dict[str, Value]]:
    """``"name:option=value,option=value"`` to the backend's name and its options, checked.

    Raises
    ------
    UnknownName, InvalidValue

    >>> parse_backend("opencv")
    ('opencv', {})
    """
    name, _, tail = text.partition(":")
    declared = {param.name: param for param in BACKENDS[name].options}
    options: dict[str, Value] = {}
    for part in filter(None, tail.split(",")):
        key, _, value = (piece.strip() for piece in part.partition("="))
        if key not in declared:
            raise unknown(f"option of backend {name}", key, declared)
        if key in options:
            raise invalid(key, f"backend {name}", "given once", text)
        options[key] = declared[key].parse(value, f"backend {name}")
    return name, options


def parse_size(text: str) -> tuple[int, int]:
    """``"1632x1224"`` to (1632, 1224), px.

    >>> parse_size("640x480")
    (640, 480)
    """
    width, by, height = text.lower().partition("x")
    if not (by and re.fullmatch("[0-9]{1,9}", width) and re.fullmatch("[0-9]{1,9}", height)):
        raise invalid("input", "a trial", "WIDTHxHEIGHT in pixels, such as 1632x1224", text)
    return int(width), int(height)
