"""Format durations, bytes, pixels, ratios and counts as text, everywhere in the same way."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TypeGuard

NOT_AVAILABLE = "n/a"

_TIMES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_SIZES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def number(value: float | None, *, digits: int = 3) -> str:
    """A number as text without exponent, with `digits` significant digits, but with every digit of its whole part.

    >>> number(12345.6), number(12.345), number(0.012345), number(float("nan"))
    ('12346', '12.3', '0.0123', 'n/a')
    """
    if not _is_finite(value):
        return NOT_AVAILABLE
    if value == 0:
        return "0"
    # The number is rounded before its decimals are counted: 9.996 becomes 10.0, which needs one decimal less than 9.99.
    rounded = float(f"{value:.{digits - 1}e}")
    decimals = digits - 1 - math.floor(math.log10(abs(rounded)))
    return f"{value:.{max(0, min(decimals, 9))}f}"


def interval(low: float, high: float) -> str:
    """An interval as text; both ends are written with the fewest digits, 3 to 5, that show their difference.

    >>> interval(203.4, 210.9), interval(99.921, 100.112)
    ('[203, 211]', '[99.92, 100.11]')
    """
    digits = 3 if high <= low else min(5, max(3, math.ceil(math.log10(high / (high - low))) + 1))
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(low)))) if low else digits
    return f"[{low:.{decimals}f}, {high:.{decimals}f}]"


def seconds(value: float | None) -> str:
    """A duration as text, in a suitable unit.

    >>> seconds(0.0123), seconds(1.5), seconds(245)
    ('12.3 ms', '1.50 s', '4 min 05 s')
    """
    if not _is_finite(value):
        return NOT_AVAILABLE
    if abs(value) >= 120:
        minutes, rest = divmod(round(value), 60)
        return f"{minutes} min {rest:02d} s" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02d} min"
    return _scaled(value, _TIMES)


def byte_count(value: float | None) -> str:
    """A number of bytes as text with two digits, in units of powers of 1000.

    >>> byte_count(1_700_000_000), byte_count(213e6), byte_count(12)
    ('1.7 GB', '213 MB', '12 B')
    """
    return _scaled(value, (*_SIZES, (1.0, "B")), digits=2)


def pixel_count(value: float | None) -> str:
    """A number of pixels as text, in megapixels.

    >>> pixel_count(2_000_000), pixel_count(12_192_768)
    ('2.0 MP', '12.2 MP')
    """
    return NOT_AVAILABLE if value is None else f"{megapixels(value / 1e6)} MP"


def megapixels(value: float) -> str:
    """A number of megapixels without the unit, for a table's column of sizes.

    >>> megapixels(0.499392), megapixels(12.192768), megapixels(24), megapixels(0.000024)
    ('0.5', '12.2', '24.0', '0.000024')
    """
    return f"{value:.1f}" if value >= 0.95 else number(value, digits=2).rstrip("0")


def ratio(value: float | None) -> str:
    """A factor, such as a speed-up, as text with a leading ``x``.

    >>> ratio(1.923), ratio(0.4567)
    ('x 1.92', 'x 0.46')
    """
    return f"x {number(value, digits=3 if value >= 1 else 2)}" if _is_finite(value) else NOT_AVAILABLE


def percent(value: float | None) -> str:
    """A fraction of a whole, 0..1, as text in percent.

    >>> percent(0.934), percent(0.0123)
    ('93 %', '1.2 %')
    """
    return f"{number(100 * value, digits=2)} %" if _is_finite(value) else NOT_AVAILABLE


def span(values: Iterable[float], text: Callable[[float], str]) -> str:
    """The smallest and the largest value as texts, or one text if both texts are equal.

    >>> span([3.0, 1.0, 2.0], seconds), span([2.0001, 2.0002], number)
    ('1.00 s to 3.00 s', '2.00')
    """
    ends = sorted(values)
    return " to ".join(dict.fromkeys((text(ends[0]), text(ends[-1]))))


def decibels(value: float | None) -> str:
    """A number of decibels as text, with one decimal.

    >>> decibels(51.234)
    '51.2 dB'
    """
    return f"{value:.1f} dB" if _is_finite(value) else NOT_AVAILABLE


def counted(count: int, noun: str) -> str:
    """A count with its noun as text; the plural of the noun must end with an s.

    >>> counted(1, "row"), counted(2, "row")
    ('1 row', '2 rows')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def threads_text(count: int) -> str:
    """A number of threads as text.

    >>> threads_text(1), threads_text(2)
    ('1 thread', '2 threads')
    """
    return counted(count, "thread")


def workers_text(count: int) -> str:
    """A number of workers as text.

    >>> workers_text(1), workers_text(2)
    ('1 worker', '2 workers')
    """
    return counted(count, "worker")


def time_unit(values_s: Iterable[float | None]) -> tuple[float, str]:
    """The unit for a column of durations: the largest unit in which the shortest duration is at least 1.

    A larger unit is chosen if otherwise the numbers would be long, as in a column with microseconds and minutes: if the
    longest duration is at least 100 times the larger unit, or if the longest is at least 10 times and the shortest at
    least 0.01 times the larger unit.

    Returns
    -------
    (float, str)
        Length of the unit in seconds, and its name.

    >>> time_unit([0.012, 3.4]), time_unit([0.0003, 0.15]), time_unit([0.0005, 60])
    ((0.001, 'ms'), (0.001, 'ms'), (0.001, 'ms'))
    """
    valid = [value for value in values_s if _is_finite(value) and value > 0]
    smallest, longest = min(valid, default=1e-3), max(valid, default=1e-3)

    def is_suitable(scale: float) -> bool:
        return (
            smallest >= scale
            or longest >= 100 * scale
            or (longest >= 10 * scale and smallest >= 0.01 * scale)
        )

    return next(((scale, name) for scale, name in _TIMES if is_suitable(scale)), _TIMES[-1])


def _is_finite(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)


def _scaled(value: float | None, units: tuple[tuple[float, str], ...], *, digits: int = 3) -> str:
    if not _is_finite(value):
        return NOT_AVAILABLE
    # The duration is rounded before its unit is chosen, so that 999.6 µs becomes 1.00 ms; 0 is shown in the base unit.
    size = abs(float(f"{value:.{digits - 1}e}")) or 1.0
    scale, name = next((unit for unit in units if size >= unit[0]), units[-1])
    return f"{number(value / scale, digits=digits)} {name}"
