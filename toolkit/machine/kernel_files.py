"""Read small text files of the kernel (``/proc``, ``/sys``); a file that cannot be read raises no error.

Every function that reads takes the root of the file tree, so that a test can pass a folder with its own ``/proc``
and ``/sys``.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Literal, TypeVar

T = TypeVar("T")
U = TypeVar("U")
T_co = TypeVar("T_co", covariant=True)
State = Literal["present", "absent", "denied"]

ROOT = Path("/")


@dataclass(frozen=True)
class Reading(Generic[T_co]):
    """The value that was read from a file, or the reason why no value was read.

    Attributes
    ----------
    state : {"present", "absent", "denied"}
        Whether the file exists, and whether this user may read it.
    value : T or None
        The value in the file; None when the file is absent, may not be read, or says that there is no limit.
    """

    state: State
    value: T_co | None = None


def read(path: Path, parse: Callable[[str], T | None]) -> Reading[T]:
    """Parse a small text file; a file that `parse` does not understand counts as absent.

    >>> read(Path("/nowhere"), int)
    Reading(state='absent', value=None)
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return Reading("denied" if error.errno in (errno.EACCES, errno.EPERM) else "absent")
    try:
        return Reading("present", parse(text))
    except (ValueError, LookupError):
        return Reading("absent")


def first(readings: Iterable[Reading[T]]) -> Reading[T]:
    """The first reading in state present; without such a reading, denied if a reading was denied, else absent."""
    state: State = "absent"
    for reading in readings:
        if reading.state == "present":
            return reading
        if reading.state == "denied":
            state = "denied"
    return Reading(state)


def combine(readings: Iterable[Reading[T]], join: Callable[[list[T]], U]) -> Reading[U]:
    """Combine readings: `join` joins all known values; without a known value, the result has the state of `first`.

    >>> combine([Reading("present", 3), Reading("denied"), Reading("present", 4)], sum)
    Reading(state='present', value=7)
    """
    found = list(readings)
    values = [reading.value for reading in found if reading.value is not None]
    return Reading("present", join(values)) if values else Reading(first(found).state)


def cpu_list(text: str) -> tuple[int, ...]:
    """Parse processor numbers that the kernel wrote in its list format.

    >>> cpu_list("0-2,5")
    (0, 1, 2, 5)
    """
    numbers: list[int] = []
    for part in filter(None, text.strip().split(",")):
        low, _, high = part.partition("-")
        numbers.extend(range(int(low), int(high or low) + 1))
    return tuple(numbers)


def fields(text: str) -> dict[str, str]:
    """Parse ``name: value`` lines (status, meminfo, the first block of cpuinfo) to a mapping.

    >>> fields("MemTotal:  16 kB")
    {'MemTotal': '16 kB'}
    """
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon:
            found.setdefault(name.strip(), value.strip())
    return found


def named_counts(text: str) -> dict[str, int]:
    """Parse ``name number`` lines (vmstat, cpu.stat) to a mapping."""
    return {name: int(value) for name, value in (line.split() for line in text.splitlines() if line.strip())}


def bytes_of(fields_: Mapping[str, str], name: str) -> int:
    """The number of bytes in a field such as ``name: 16 kB``.

    >>> bytes_of({"VmHWM": "16 kB"}, "VmHWM")
    16384
    """
    return int(fields_[name].split()[0]) * 1024


def hertz(text: str) -> int | None:
    """Convert the text of a kernel's frequency file from kilohertz to hertz; None if the text is 0.

    >>> hertz("3500000")
    3500000000
    """
    return int(text) * 1000 or None
