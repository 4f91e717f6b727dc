"""The figures that a published article prints for a case study, always kept apart from measured values."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).with_name("published")


@dataclass(frozen=True, kw_only=True)
class PublishedFigure:
    """One figure that an article prints.

    Attributes
    ----------
    what : str
        Text that says which quantity the figure gives.
    low, high : float
        The figure; `low` and `high` differ if the article gives a range.
    unit : str
        Unit of the figure, such as ``ms`` or ``pictures/s``.
    here : str
        Text that names the value of a run that is the same quantity:
        ``time PROCEDURE``, ``rate PROCEDURE``, ``memory PROCEDURE``,
        ``card PROCEDURE``, ``use PROCEDURE`` (of the card), ``cpu PROCEDURE``, ``stage PROCEDURE STAGE``,
        ``psnr PROCEDURE``, ``shorter BEFORE AFTER`` or ``faster BEFORE AFTER`` (a step), or ``fact PROBE NAME``; ``""``
        if a run has no such quantity.
    """

    what: str
    low: float
    high: float
    unit: str
    here: str = ""

    @property
    def low_si(self) -> float:
        """The lower end of the figure; a time is converted to s."""
        return self.low * (1e-3 if self.unit == "ms" else 1.0)

    @property
    def high_si(self) -> float:
        """The upper end of the figure; a time is converted to s."""
        return self.high * (1e-3 if self.unit == "ms" else 1.0)

    @property
    def text(self) -> str:
        """The figure with its unit, as printed."""
        numbers = [f"{value:g}" for value in dict.fromkeys((self.low, self.high))]
        return f"{' to '.join(numbers)} {self.unit}".strip()


@dataclass(frozen=True, kw_only=True)
class Published:
    """All figures that an article prints, and the machine on which they were measured.

    Attributes
    ----------
    machine : str
        The article's machine, as far as the article describes it.
    figures : tuple of PublishedFigure
        The figures, in the order in which the article prints them.
    """

    machine: str
    figures: tuple[PublishedFigure, ...]

    def factor(self, before: str, after: str) -> tuple[float, float] | None:
        """The speed-up from one procedure to another according to the article; a range if its figures are ranges."""
        figures = {figure.here: figure for figure in self.figures}
        for kind, is_rate in (("time", False), ("rate", True)):
            a, b = figures.get(f"{kind} {before}"), figures.get(f"{kind} {after}")
            if a and b:
                slow, fast = (b, a) if is_rate else (a, b)
                return slow.low_si / fast.high_si, slow.high_si / fast.low_si
        if shorter := figures.get(f"shorter {before} {after}"):
            return 1 / (1 - shorter.low / 100), 1 / (1 - shorter.high / 100)
        if faster := figures.get(f"faster {before} {after}"):
            return 1 + faster.low / 100, 1 + faster.high / 100
        return None

    def gain_db(self, before: str, after: str) -> float | None:
        """PSNR that procedure `after` gains over `before` in the article, dB; None if the article does not give it."""
        quality = {figure.here: figure for figure in self.figures if figure.unit == "dB"}
        a, b = quality.get(f"psnr {before}"), quality.get(f"psnr {after}")
        return None if a is None or b is None else b.low - a.low


@cache
def published(case: str) -> Published:
    """Read the published figures of a case.

    >>> f"{published('2_super_resolution_cpu').gain_db('fsrcnn_at_edsr_size', 'carn_m_at_edsr_size'):.1f}"
    '0.5'
    >>> [round(end, 2) for end in published("1_art_workshop").factor("one_by_one", "shrunk_per_request")]
    [2.76, 2.76]
    >>> [round(end, 2) for end in published("5_anime_multicore").factor("processes_1", "processes_4")]
    [3.74, 3.74]
    >>> [round(end, 2) for end in published("2_super_resolution_cpu").factor("fsrcnn", "fsrcnn_limited")]
    [1.67, 2.5]
    """
    told = tomllib.loads((_FOLDER / f"{case}.toml").read_text(encoding="utf-8"))
    figures = []
    for one in told["figures"]:
        value: Any = one.pop("value")
        low, high = value if isinstance(value, list) else (value, value)
        figures.append(PublishedFigure(low=float(low), high=float(high), **one))
    return Published(machine=told["machine"], figures=tuple(figures))
