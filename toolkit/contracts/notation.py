"""Read trials, backends and pre-steps (operations before the main operation) from their written form.

A trial is written ``operation@backend:key=value,key=value``. A key is a Trial key (`KEYS`), a parameter of the
operation, an option of the backend, or ``step.parameter`` of a pre-step; no key is given twice::

    stylization@opencv:sigma_s=90,threads=2,megapixels=2
    oil_painting@opencv:fit_pixels.pixels=2000000,megapixels=12.2,workers=2

A kernel with a name of its own stands after its backend: ``mine@numba:tiled:threads=2``. ``preset=NAME`` stands for the
parameters of a preset of the operation; other keys override these parameters. ``parse_trial(str(trial)) == trial`` for
every trial without plug-ins; plug-in files must be loaded first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from toolkit.contracts.backend import backend_named
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.operation import OPERATIONS, Operation
from toolkit.contracts.presets import PRESET
from toolkit.contracts.trial import Trial
from toolkit.contracts.trial_keys import KEYS
from toolkit.core.errors import InvalidValue, invalid, unknown
from toolkit.core.params import Pairs, Param


def parse_trial(text: str, **defaults: Any) -> Trial:
    """Read the written form ``operation@backend:key=value,...``.

    Parameters
    ----------
    text : str
        The written form of a trial, in which backend and keys may be left out.
    **defaults
        Arguments of `make_trial`, for settings that `text` does not contain.

    Raises
    ------
    UnknownName, InvalidValue, Unavailable

    >>> parse_trial("oil_painting@opencv:size=9,threads=2", megapixels=2).params
    (('size', 9),)
    """
    name, op, backend, tail = _split(text)
    given = dict(defaults)
    backend = backend or given.pop("backend", None) or ""
    params: dict[str, object] = dict(given.pop("params", None) or {})
    options: dict[str, object] = dict(given.pop("options", None) or {})
    steps: dict[str, dict[str, object]] = {step: dict(values) for step, values in given.pop("steps", ())}
    places = {key: (given, param, "a trial") for key, param in KEYS.items()}
    if backend:
        places |= {p.name: (options, p, f"backend {backend}") for p in backend_named(backend).options}
    places |= {p.name: (params, p, name) for p in op.params}
    if op.presets:
        places["preset"] = (params, PRESET, name)
    pairs = _read_pairs(tail, text, "a trial")
    if pairs.keys() >= {"input", "megapixels"}:
        raise invalid("input", "a trial", "given without megapixels, because both set the input size", text)
    for key, value in pairs.items():
        if "." in key:
            _put_step(steps, key, value)
        elif key in places:
            into, param, owner = places[key]
            into[key] = param.parse(value, owner)
        else:
            raise unknown(f"key of a trial of {name}", key, places)
    if "input" in pairs:
        given["size"], given["megapixels"] = parse_size(given.pop("input")), None
    if "megapixels" in pairs:
        given["size"] = None
    if "images" in pairs:
        given["images"] = tuple(given["images"].split("+"))
    return make_trial(
        name, backend or None, params=params, options=options, steps=tuple(steps.items()), **given
    )


def _split(text: str) -> tuple[str, Operation, str, str]:
    """The name, the operation, the backend with the name of its kernel, and the settings of a trial's written form."""
    head, _, tail = text.partition(":")
    name, _, backend = head.partition("@")
    op = OPERATIONS[name]
    kernel, _, settings = tail.partition(":")
    has_names = any(":" in entry for entry in op.kernels)
    if backend and kernel and has_names and not set("=,") & set(kernel):
        if f"{backend}:{kernel}" not in op.kernels:
            raise unknown(f"kernel of {name}", f"{backend}:{kernel}", op.kernels)
        return name, op, f"{backend}:{kernel}", settings
    return name, op, backend, tail


def parse_steps(text: str) -> tuple[tuple[str, dict[str, object]], ...]:
    """Read ``"step.parameter=value,step.parameter=value"``: the pre-steps (earlier operations), checked.

    Pre-steps in the written form of trials, ``"step:parameter=value"``, are accepted too.

    Raises
    ------
    UnknownName, InvalidValue

    >>> parse_steps("fit_pixels.pixels=2000000")
    (('fit_pixels', {'pixels': 2000000}),)
    >>> parse_steps("fit_pixels:pixels=2000000,interpolation=linear")
    (('fit_pixels', {'pixels': 2000000, 'interpolation': 'linear'}),)
    """
    steps: dict[str, dict[str, object]] = {}
    colon = re.match(r"(\w+):", text)
    for key, value in _read_pairs(
        text.removeprefix(colon[0]) if colon else text, text, "the pre-steps"
    ).items():
        _put_step(steps, f"{colon[1]}.{key}" if colon and "." not in key else key, value)
    return tuple(steps.items())


def parse_backend(text: str) -> tuple[str, Pairs]:
    """Read ``"name:option=value,option=value"``: the backend's name and its options, checked.

    A kernel with a name of its own stands before the options: ``"numba:tiled"``, ``"numba:tiled:option=value"``.

    Raises
    ------
    UnknownName, InvalidValue

    >>> parse_backend("opencv"), parse_backend("torch:compile=true")
    (('opencv', ()), ('torch', (('compile', True),)))
    """
    name, _, settings = text.partition(":")
    kernel, _, others = settings.partition(":")
    options = backend_named(name).options
    if kernel and not set("=,") & set(kernel) and kernel not in [option.name for option in options]:
        name, settings = f"{name}:{kernel}", others
    return name, parse_settings(settings, options, noun="option", owner=f"backend {name}")


def parse_settings(text: str, params: Iterable[Param], *, noun: str, owner: str) -> Pairs:
    """Read ``"name=value,name=value"``, each value in the type that `params` declare; each name at most once.

    Raises
    ------
    UnknownName, InvalidValue
        The message contains `owner` (such as ``backend torch``) and, for an unknown name, `noun` (such as ``option``).
    """
    declared = list(params)
    pairs = _read_pairs(text, text, owner).items()
    return tuple((name, _declared(name, declared, f"{noun} of {owner}").parse(v, owner)) for name, v in pairs)


def _read_pairs(settings: str, text: str, owner: str) -> dict[str, str]:
    """Names and written values of ``name=value,name=value``, a part of `text`; each name at most once."""
    found: dict[str, str] = {}
    for part in filter(None, settings.split(",")):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise InvalidValue(f"settings are written key=value,key=value; got {part!r} in {text!r}.")
        if name in found:
            raise invalid(name, owner, "given once", text)
        found[name] = value
    return found


def _put_step(steps: dict[str, dict[str, object]], key: str, value: str) -> None:
    """Check one setting ``step.parameter=value`` of a pre-step, and add the setting to `steps`."""
    step, _, name = key.partition(".")
    param = _declared(name, OPERATIONS[step].params, f"parameter of {step}")
    steps.setdefault(step, {})[name] = param.parse(value, step)


def _declared(name: str, params: Iterable[Param], noun: str) -> Param:
    declared = {param.name: param for param in params}
    if name not in declared:
        raise unknown(noun, name, declared)
    return declared[name]


def parse_size(text: str) -> tuple[int, int]:
    """Read a size in px: ``"1632x1224"`` gives (1632, 1224).

    >>> parse_size("640x480")
    (640, 480)
    """
    width, by, height = text.lower().partition("x")
    if not (by and re.fullmatch("[0-9]{1,9}", width) and re.fullmatch("[0-9]{1,9}", height)):
        raise invalid("input", "a trial", "WIDTHxHEIGHT in pixels, such as 1632x1224", text)
    return int(width), int(height)
