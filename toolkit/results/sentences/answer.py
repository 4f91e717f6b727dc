"""Recommend a backend and settings for each operation, with the speed-up, its certainty and the picture's agreement."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from toolkit.analysis.ratios import ratio_of
from toolkit.analysis.stats import Estimate
from toolkit.contracts.turns import command_to_compare, took_turns
from toolkit.core import units
from toolkit.core.choices import Precision
from toolkit.results.rows.baseline import USUAL, baseline_of
from toolkit.results.rows.labels import model_of, way_of
from toolkit.results.rows.quiet import busy_sentence, disturbance
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.rows.summary import Summary


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The recommended backend and settings for one operation at one picture size.

    Attributes
    ----------
    row : Summary
        The fastest row with a right picture.
    usual : Summary or None
        The row of the usual backend and settings, with which `row` is compared; None if nothing else was measured, or
        if the usual setting is the recommended setting.
    speedup : Estimate or None
        Speed-up of `row` over `usual`; None if `usual` is None, on a busy machine, or if the two rows were not
        measured in turns.
    n_ways : int
        Number of backends and settings that gave a right picture.
    is_busy : bool
        Whether the machine was busy during every measurement of the operation at this size, so that nothing is
        recommended.
    is_sure : bool
        Whether the recommendation is certain.
    why : str
        The reason why the recommendation is sure or not sure.
    is_right : bool
        Whether the picture is right; False if no backend gave a right picture, and `row` is the fastest of all rows.
    right_why : str
        Difference of the picture from its reference, in words.
    """

    row: Summary
    usual: Summary | None
    speedup: Estimate | None
    n_ways: int
    is_busy: bool
    is_sure: bool
    why: str
    is_right: bool
    right_why: str

    @property
    def operation(self) -> str:
        """The operation with its model, as tables name it."""
        return model_of(self.row)

    @property
    def take(self) -> str:
        """The recommended backend and threads: ``numba, 2 threads``."""
        return way_words(self.row)

    @property
    def usual_way(self) -> str:
        """The usual backend and its threads as text; empty if `usual` is None."""
        return "" if self.usual is None else way_words(self.usual)

    @property
    def time(self) -> str:
        """Time of one picture, as text with a unit."""
        return units.seconds(self.row.picture.value)

    @property
    def memory(self) -> str:
        """Peak memory of the process tree as text; empty if memory was not measured."""
        return units.byte_count(self.row.peak_bytes) if self.row.peak_bytes else ""

    @property
    def size(self) -> str:
        """Size of the input: ``12.2 MP``, or width x height in pixels for a small picture."""
        trial = self.row.trial
        if trial.megapixels < 0.2:
            return f"{trial.width} x {trial.height} px"
        return f"{units.megapixels(trial.megapixels)} MP"

    @property
    def is_faster(self) -> bool:
        """Whether the interval of the speed-up lies above 1."""
        return self.speedup is not None and (self.speedup.low or 0.0) > 1

    @property
    def is_certain_ratio(self) -> bool:
        """Whether the interval of the speed-up lies above 1 or below 1."""
        return self.is_faster or (self.speedup is not None and (self.speedup.high or 1.0) < 1)

    @property
    def comparison(self) -> str:
        """``13.7 x faster (13.3 to 14.1) than opencv, 1 thread``, or a phrase for a comparison without a ratio."""
        if self.usual is None:
            if self.is_busy:
                return ""
            if self.n_ways < 2:
                return "the only setting that was measured"
            return (
                f"{'the fastest' if self.is_sure else 'the shortest time'} of {self.n_ways} measured settings"
            )
        if self.speedup is None:
            return f"{self.usual_way} took {units.seconds(self.usual.picture.value)}"
        if self.is_certain_ratio:
            return f"{faster_text(self.speedup)} than {self.usual_way}"
        return f"no difference seen from the time of {self.usual_way}{from_to(self.speedup)}"

    def __str__(self) -> str:
        if not self.is_right:
            return f"{self.operation}: no backend gives a right picture at {self.size}: {self.right_why}."
        cost = f"{self.time}{f' and {self.memory}' if self.memory else ''} at {self.size}"
        certainty = f"{'sure' if self.is_sure else 'less sure'}: {self.why}"
        if self.usual is not None and not took_turns(self.row.measurement, self.usual.measurement):
            certainty += f" (to measure in turns: {command_to_compare(self.usual.trial, self.row.trial)})"
        if self.is_busy:
            parts = [f"{self.take} took {cost}", self.comparison, self.right_why]
        else:
            take = ", ".join(filter(None, (f"take {self.take}", self.comparison)))
            parts = [take, cost, self.right_why, certainty]
        return f"{self.operation}: {'; '.join(filter(None, parts))}."

    def to_dict(self) -> dict[str, object]:
        """The answer for programs: numbers in SI units, names and the sentence; None for unknown values."""
        ratio, trial = self.speedup, self.row.trial
        return {
            "operation": self.operation,
            "width_px": trial.width,
            "height_px": trial.height,
            "take": str(trial) if self.is_right and not self.is_busy else None,
            "baseline": None if self.usual is None else str(self.usual.trial),
            "latency_s": self.row.picture.value,
            "speedup": ratio and ratio.value,
            "speedup_low": ratio and ratio.low,
            "speedup_high": ratio and ratio.high,
            "peak_bytes": self.row.peak_bytes,
            "is_sure": self.is_sure,
            "is_right": self.is_right,
            "is_busy": self.is_busy,
            "sentence": str(self),
        }


def answers(measured: Iterable[Measured]) -> list[Answer]:
    """One answer for each operation with its model, at the largest size with at least two measured settings.

    Measurements with several operations and measurements with several workers are left out.
    """
    rows = newest_rows(measured)
    groups: dict[tuple[str, str], list[Summary]] = defaultdict(list)
    for s in rows:
        may_count = s.is_ok or s.measurement.cause.is_wrong_picture
        if s.is_timed and may_count and s.trial.is_alone and not s.trial.steps:
            groups[s.environment, model_of(s)].append(s)
    return [_answer(_at_best_size(members)) for members in groups.values()]


def faster_text(speedup: Estimate) -> str:
    """Write a speed-up with its interval as text: times faster or times slower.

    >>> faster_text(Estimate(13.72, 13.31, 14.08, 3, 30)), faster_text(Estimate(0.5, 0.4, 0.6, 3, 30))
    ('13.7 x faster (13.3 to 14.1)', '2.00 x slower (1.67 to 2.50)')
    """
    if speedup.value >= 1:
        return f"{units.number(speedup.value)} x faster{from_to(speedup)}"
    low, high = (None if end is None else 1 / end for end in (speedup.high, speedup.low))
    slower = replace(speedup, value=1 / speedup.value, low=low, high=high)
    return f"{units.number(slower.value)} x slower{from_to(slower)}"


def from_to(estimate: Estimate) -> str:
    """Write an interval as text after a space; empty without an interval.

    >>> from_to(Estimate(14.0, 13.0, 15.0, 3, 30)), from_to(Estimate(14.0, None, None, 1, 10))
    (' (13.0 to 15.0)', '')
    """
    if estimate.low is None or estimate.high is None:
        return ""
    return f" ({units.number(estimate.low)} to {units.number(estimate.high)})"


def way_words(s: Summary) -> str:
    """Backend with its options, precision if it is not fp32, and threads: ``numba, 2 threads``."""
    way = way_of(s)
    if s.precision == Precision.FP32:
        way = way.replace(f" {Precision.FP32}", "", 1)
    return f"{way}, {units.threads_text(s.trial.placement.threads)}"


def _at_best_size(rows: Sequence[Summary]) -> list[Summary]:
    ways: dict[tuple[int, int], list[Summary]] = defaultdict(list)
    for s in rows:
        ways[s.size].append(s)

    def rank(members: list[Summary]) -> tuple[bool, int, float]:
        return any(s.is_ok for s in members), min(len(members), 2), members[0].trial.megapixels

    return max(ways.values(), key=rank)


def _answer(rows: Sequence[Summary]) -> Answer:
    is_busy = bool(busy_sentence(rows))
    right = [s for s in rows if s.is_ok]
    best = min(right or rows, key=lambda s: s.picture.value)
    usual = _usual(best, rows)
    speedup = None
    if usual is not None and not is_busy and took_turns(best.measurement, usual.measurement):
        speedup = ratio_of(usual.picture, best.picture)
    why, is_sure = _certainty(best, usual, speedup, right)
    right_why, is_right = _rightness(best)
    if usual is not None and usual.is_failed:
        right_why += f", and {usual.trial.backend}'s picture is wrong at this size"
    return Answer(
        row=best,
        usual=usual,
        speedup=speedup,
        n_ways=len(right),
        is_busy=is_busy,
        is_sure=is_sure and not is_busy,
        why=why,
        is_right=is_right,
        right_why=right_why,
    )


def _usual(best: Summary, rows: Sequence[Summary]) -> Summary | None:
    """Measurement of the usual backend, if possible with the threads of `best`; None if that measurement is `best`."""
    wrong = [s for s in rows if not s.is_ok and s.trial.backend in USUAL]
    rows = [s for s in rows if s.is_ok or s in wrong]
    if not rows:
        return None
    alike = [s for s in rows if s.trial.placement.threads == best.trial.placement.threads]
    usual = baseline_of(alike if len(alike) > 1 else rows)
    return None if usual is best else usual


def _certainty(
    best: Summary, usual: Summary | None, speedup: Estimate | None, right: Sequence[Summary]
) -> tuple[str, bool]:
    """The reason why the recommendation is sure or not sure, and whether the recommendation is sure."""
    others = [s for s in right if s is not best]
    taken = disturbance([best] if usual is None else [best, usual])
    if taken:
        return taken, False
    if not others and usual is None:
        return "no other setting was measured", False
    apart = [s for s in ([usual] if usual else others) if not took_turns(best.measurement, s.measurement)]
    if apart:
        return f"not measured in turns with {way_words(apart[0])}", False
    n = best.latency.n_processes
    if not (speedup or best.latency).has_interval:
        return f"only {n} block{'s' * (n != 1)} of calls, too few for an interval of the speed-up", False
    near = [s for s in others if (ratio_of(s.picture, best.picture).low or 0.0) <= 1]
    if near:
        return f"no difference seen from the time of {way_words(near[0])}", False
    rounds = f"measured in turns in {n} rounds"
    if speedup is None or speedup.low is None or speedup.high is None:
        return rounds, True
    if speedup.low <= 1 <= speedup.high:
        return f"no difference seen from the time of {way_words(usual or best)}", False
    width = units.percent((speedup.high - speedup.low) / speedup.value)
    return f"{rounds}, 95 % interval of the speed-up {width} wide", True


def _rightness(s: Summary) -> tuple[str, bool]:
    agreement = s.measurement.agreement
    if s.is_failed:
        return f"wrong: {s.measurement.note.rstrip('.') or 'the picture differs from its reference'}", False
    if s.is_untrained:
        return "untrained: the picture is noise", True
    if agreement is None:
        return "the picture was not compared with a reference", True
    if not agreement.max_abs:
        return "right: the picture is equal to the reference", True
    if agreement.max_abs <= 1 or agreement.psnr_db is None or not math.isfinite(agreement.psnr_db):
        return (
            f"right: the picture is within {agreement.max_abs} grey level{'s' * (agreement.max_abs > 1)} of the "
            "reference",
            True,
        )
    return f"right: the picture has a PSNR of {units.decibels(agreement.psnr_db)} against the reference", True
