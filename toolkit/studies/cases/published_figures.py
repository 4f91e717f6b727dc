"""The figures that an article gives for a case, as printed. They are never mixed with measured values."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from toolkit.core import units
from toolkit.studies.cases.case_run import CaseRun

_FOLDER = Path(__file__).with_name("published")


@dataclass(frozen=True, kw_only=True)
class PublishedFigure:
    """One figure of an article.

    Attributes
    ----------
    what : str
        What the figure describes, in words.
    low, high : float
        The figure; `low` and `high` differ if the article gives a range.
    unit : str
    here : str
        Which value of a run is the same quantity: ``time PROCEDURE``, ``rate PROCEDURE``, ``memory
        PROCEDURE``, ``card PROCEDURE``, ``cpu PROCEDURE``, ``stage PROCEDURE STAGE``, ``psnr PROCEDURE`` or
        ``fact PROBE NAME``; ``""`` if a run has no such quantity.
    """

    what: str
    low: float
    high: float
    unit: str
    here: str = ""

    @property
    def text(self) -> str:
        """The figure with its unit, as printed."""
        numbers = [f"{value:g}" for value in dict.fromkeys((self.low, self.high))]
        return f"{' to '.join(numbers)} {self.unit}".strip()


@dataclass(frozen=True, kw_only=True)
class Published:
    """All figures of an article.

    Attributes
    ----------
    machine : str
        The article's machine, as far as the article describes it.
    figures : tuple of PublishedFigure
    """

    machine: str
    figures: tuple[PublishedFigure, ...]

    def factor(self, before: str, after: str) -> tuple[float, float] | None:
        """The speedup of a step according to the article's times; a range if the times are ranges."""
        times = {figure.here: figure for figure in self.figures if figure.unit in ("s", "ms")}
        a, b = times.get(f"time {before}"), times.get(f"time {after}")
        if a is None or b is None:
            return None
        scales = [1e-3 if one.unit == "ms" else 1.0 for one in (a, b)]
        return a.low * scales[0] / (b.high * scales[1]), a.high * scales[0] / (b.low * scales[1])

    def gain_db(self, before: str, after: str) -> float | None:
        """How much quality a step gains according to the article, dB; None if the article does not give it."""
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
    """
    told = tomllib.loads((_FOLDER / f"{case}.toml").read_text(encoding="utf-8"))
    figures = []
    for one in told["figures"]:
        value: Any = one.pop("value")
        low, high = value if isinstance(value, list) else (value, value)
        figures.append(PublishedFigure(low=float(low), high=float(high), **one))
    return Published(machine=told["machine"], figures=tuple(figures))


def here_text(run: CaseRun, here: str) -> str:
    """A run's value for a published figure, with its unit; if the run has no such value, the reason."""
    if not here:
        return "not measured"
    kind, name, *rest = here.split(" ", 2)
    if kind == "fact":
        value = run.fact(name, rest[0])
        if value is None:
            return run.errors.get(name, "not measured")
        return units.number(value) if isinstance(value, float) else str(value)
    row = next((row for row in run.rows if row.name == name), None)
    if row is None:
        return "not measured"
    if not row.is_timed:
        return row.status
    if kind == "memory":
        return "not sampled" if row.peak_bytes is None else units.byte_count(row.peak_bytes)
    if kind == "card":
        return "not sampled" if row.card_bytes is None else units.byte_count(row.card_bytes)
    if kind == "cpu":
        allowed = run.machine["cpu"]["allowed"]
        return f"{units.percent(row.busy_cpus / allowed)} of {units.counted(allowed, 'processor')}"
    if kind == "rate":
        return f"{units.number(row.batch / row.time.value)} pictures/s"
    if kind == "stage":
        return units.seconds(row.stages_s.get(rest[0]))
    if kind == "psnr":
        return units.decibels(row.worst_psnr_db)
    return units.seconds(row.time.value)
