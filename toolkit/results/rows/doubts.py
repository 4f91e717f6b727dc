"""Many doubts about many blocks in few sentences: the same doubt with other numbers is said once, with its range."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def kind_of(doubt: str) -> str:
    """The doubt without its numbers.

    >>> kind_of("load 3.1 on 2 cores") == kind_of("load 2.8 on 2 cores")
    True
    """
    return _NUMBER.sub("#", doubt)


def merged(doubts: Iterable[str]) -> dict[str, str]:
    """For each kind one sentence, in which numbers that differ have become their range.

    >>> list(merged(["load 3.1 on 2 cores", "steal 4 %", "load 2.8 on 2 cores"]).values())
    ['load 2.8 to 3.1 on 2 cores', 'steal 4 %']
    """
    found: dict[str, list[list[str]]] = defaultdict(list)
    for doubt in doubts:
        found[kind_of(doubt)].append(_NUMBER.findall(doubt))
    return {kind: _with_ranges(kind, numbers) for kind, numbers in found.items()}


def _with_ranges(kind: str, numbers: list[list[str]]) -> str:
    first, *rest = kind.split("#")
    sentence = first
    for values, text in zip(zip(*numbers, strict=True), rest, strict=True):
        low, high = min(values, key=float), max(values, key=float)
        sentence += (low if low == high else f"{low} to {high}") + text
    return sentence
