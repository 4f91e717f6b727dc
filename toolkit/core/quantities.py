"""Read quantities that a user writes with their unit: rates, durations and prices."""

from __future__ import annotations

import math
import re

from toolkit.core.errors import invalid

_PER_S = {"s": 1.0, "min": 60.0, "h": 3600.0}
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_AGES = {"h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}
_WRITTEN = re.compile(r"\s*([0-9.]+(?:e[+-]?\d+)?)\s*([a-z/]*)\s*", re.IGNORECASE)


def parse_rate(text: str, *, name: str, owner: str) -> float:
    """Convert a rate such as ``200/s``, ``90/min`` or ``5000/h`` to a number per second.

    >>> parse_rate("90/min", name="target", owner="atelier capacity")
    1.5
    """
    value, unit = _split(text)
    if value is None or unit.removeprefix("/") not in _PER_S or not unit.startswith("/"):
        raise invalid(name, owner, "a rate above 0 such as 200/s, 90/min or 5000/h", text)
    return value / _PER_S[unit[1:]]


def parse_duration(text: str, *, name: str, owner: str) -> float:
    """Convert a duration such as ``500ms``, ``0.5s`` or ``2min`` to seconds.

    >>> parse_duration("500ms", name="latency-p95", owner="atelier capacity")
    0.5
    """
    value, unit = _split(text)
    if value is None or unit not in _SECONDS:
        raise invalid(name, owner, "a duration above 0 such as 500ms, 0.5s or 2min", text)
    return value * _SECONDS[unit]


def parse_age(text: str, *, name: str, owner: str) -> float:
    """Convert an age such as ``12h``, ``30d`` or ``8w`` to seconds.

    >>> parse_age("2d", name="keep", owner="atelier report")
    172800.0
    """
    value, unit = _split(text)
    if value is None or unit not in _AGES:
        raise invalid(name, owner, "an age above 0 such as 12h, 30d or 8w", text)
    return value * _AGES[unit]


def parse_price(text: str, *, name: str, owner: str) -> float:
    """Convert a price per hour, such as ``0.08/h``, to a number; the currency does not matter.

    >>> parse_price("0.08/h", name="price", owner="atelier capacity")
    0.08
    """
    value, unit = _split(text)
    if value is None or unit != "/h":
        raise invalid(name, owner, "a price above 0 for one hour of one machine such as 0.08/h", text)
    return value


def _split(text: str) -> tuple[float | None, str]:
    """Split a text into its number and its unit; the number is None unless it is finite and above 0."""
    match = _WRITTEN.fullmatch(text)
    if match is None:
        return None, ""
    try:
        value = float(match[1])
    except ValueError:
        return None, ""
    return (value if 0 < value < math.inf else None), match[2].lower()
