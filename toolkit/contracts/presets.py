"""Presets: named sets of parameters of an operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from toolkit.core.errors import unknown
from toolkit.core.params import Param, ShareOfSide, Value, in_px

Presets = Mapping[str, Mapping[str, Value | ShareOfSide]]

PRESET = Param(name="preset", default="", help="a named set of parameter values")
"""Declaration of the key ``preset``, which users write like a parameter."""


def with_preset(
    presets: Presets,
    given: Mapping[str, object],
    params: Sequence[Param],
    *,
    size: tuple[int, int] | None,
    owner: str,
) -> dict[str, object]:
    """The given parameters and, where they name a preset, those parameters of the preset that they do not override.

    Raises
    ------
    UnknownName

    >>> with_preset({"dark": {"shade": 0.02}}, {"preset": "dark", "tone": "grey"}, (), size=None, owner="sketch")
    {'shade': 0.02, 'tone': 'grey'}
    """
    others = {name: value for name, value in given.items() if name != "preset"}
    asked = str(given["preset"])
    if asked not in presets:
        raise unknown(f"preset of {owner}", asked, presets)
    declared = {param.name: param for param in params}
    values = {
        name: in_px(value, declared[name], size) if isinstance(value, ShareOfSide) else value
        for name, value in presets[asked].items()
    }
    return {**values, **others}


def follows_size(presets: Presets, given: Mapping[str, object]) -> bool:
    """Whether the parameters depend on the size of the picture, because a preset has a length relative to this size."""
    preset = presets.get(str(given.get("preset", "")), {})
    return any(isinstance(value, ShareOfSide) for value in preset.values())
