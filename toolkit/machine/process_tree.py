"""Find the descendants of a process, and the processor time that the process and its descendants used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from toolkit.machine.kernel_files import ROOT, read


def descendants(pids: Iterable[int], root: Path = ROOT) -> list[int]:
    """Process ids of the given processes that are alive and of all their descendants, sorted.

    All of ``/proc`` is searched, because not every kernel lists the children of a process.
    """
    return _family(_statistics(root), pids)


def cpu_ticks(pid: int, root: Path = ROOT) -> int | None:
    """Processor time of a process and its descendants, ended descendants included, ticks; None if the process ended."""
    statistics = _statistics(root)
    ticks = [sum(statistics[member][11:15]) for member in _family(statistics, [pid])]
    return sum(ticks) if ticks else None


def _family(statistics: Mapping[int, list[int]], pids: Iterable[int]) -> list[int]:
    children: dict[int, list[int]] = {}
    for pid, numbers in statistics.items():
        children.setdefault(numbers[1], []).append(pid)
    found: set[int] = set()
    waiting = [pid for pid in pids if pid in statistics]
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting.extend(children.get(pid, ()))
    return sorted(found)


def _statistics(root: Path) -> dict[int, list[int]]:
    """The numbers in each process's ``stat`` file after the name: parent id at 1, processor times at 11 to 14."""
    try:
        names = [entry.name for entry in (root / "proc").iterdir() if entry.name.isdigit()]
    except OSError:
        return {}
    readings = ((int(name), read(root / "proc" / name / "stat", _numbers).value) for name in names)
    return {pid: numbers for pid, numbers in readings if numbers}


def _numbers(text: str) -> list[int]:
    # The process's name stands in parentheses and may itself contain spaces and parentheses, so the text is cut at the
    # last closing parenthesis.
    _state, *numbers = text.rpartition(")")[2].split()
    return [0, *map(int, numbers)]
