"""Sentences about art filters for the head of a report: cost, growth, workers, memory. None of them is a verdict."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator

from toolkit.analysis.scaling import ratio_of
from toolkit.analysis.stats import Estimate
from toolkit.core import units
from toolkit.results.rows.shrinking import shrunken, steps_text
from toolkit.results.rows.summarising import Measured, fit_series, newest_rows
from toolkit.results.rows.summary import Summary
from toolkit.results.sentences.phrases import Conclusions, Entry, evidence, interval, joined, stopped


def conclude(measurements: Iterable[Measured]) -> Conclusions:
    """The sentences that these measurements support; what was not measured is not mentioned.

    Parameters
    ----------
    measurements : iterable of Measurement
        Of one machine.
    """
    rows = newest_rows(measurements)
    plain = [s for s in rows if s.is_ok and not s.trial.steps]
    single = [s for s in plain if s.trial.workers == 1 and s.trial.placement.threads == 1]
    entries = [
        *_cost(single),
        *_share(single),
        *_growth(single),
        *_workers(plain),
        *_threads(plain),
        *_memory(single),
        *_shrinking(rows),
        *stopped(rows, lambda s: f"{s.label} at {_mp(s)}"),
        *evidence(rows),
    ]
    backends = {s.trial.backend for s in rows}
    if len(backends) == 1:  # the sentence on the evidence names it
        (backend,) = backends
        entries = [(heading, sentence.replace(f"@{backend}", "")) for heading, sentence in entries]
    return Conclusions(tuple(entries))


def _cost(single: list[Summary]) -> Iterator[Entry]:
    size = _common_size(single, near_mp=1.0)
    at_size = sorted(_at(single, size), key=lambda s: -s.latency.value)
    if not at_size:
        return
    first, *others = at_size
    parts = [f"{first.label} takes {units.seconds(_per_mp(first))} a megapixel"]
    parts += [f"{s.label} {units.seconds(_per_mp(s))}" for s in others]
    yield "Cost", f"{joined(parts)} (one thread, measured at {_mp(first)}{_within(at_size)})."


def _share(single: list[Summary]) -> Iterator[Entry]:
    at_size = sorted(_at(single, _common_size(single, near_mp=math.inf)), key=lambda s: -s.latency.value)
    total = sum(s.latency.value for s in at_size)
    if len({s.trial.operation for s in at_size}) == len(at_size) > 1:
        first = at_size[0]
        yield (
            "One photo in every style",
            f"All {len(at_size)} at {_mp(first)} take {units.seconds(total)} on one thread; "
            f"{units.percent(first.latency.value / total)} of it is {first.trial.operation}.",
        )


def _growth(single: list[Summary]) -> Iterator[Entry]:
    laws = [(points, law) for points, law in fit_series(single).values() if law is not None]
    if laws:
        parts = [f"{law.exponent:.2f} [{law.low:.2f}, {law.high:.2f}] for {s[0].label}" for s, law in laws]
        sizes = [s.trial.megapixels for points, _ in laws for s in points]
        yield (
            "Growth with size",
            f"From {units.megapixels(min(sizes))} to {units.megapixels(max(sizes))} MP, latency grows with the number "
            f"of pixels to the power of {joined(parts)} (power 1 is proportional; brackets: 95 % band).",
        )


def _workers(plain: list[Summary]) -> Iterator[Entry]:
    many = [s for s in plain if s.trial.workers > 1 and s.efficiency is not None]
    for workers in sorted({s.trial.workers for s in many}):
        rows = [s for s in many if s.trial.workers == workers and s.trial.placement.threads == 1]
        rows = sorted(_at(rows, _common_size(rows, near_mp=1.0)), key=lambda s: -_value(s.efficiency))
        if rows:
            parts = [
                f"x {units.number(workers * _value(s.efficiency))} for {s.label} "
                f"({units.percent(_value(s.efficiency))} efficiency{_percent_interval(s.efficiency)})"
                for s in rows
            ]
            where = f"With one thread each, at {_mp(rows[0])}"
            yield f"{workers} workers", f"{where}, throughput against one worker: {joined(parts)}."


def _threads(plain: list[Summary]) -> Iterator[Entry]:
    singles = {
        (s.name, s.settings, s.trial.width): s
        for s in plain
        if s.trial.workers == 1 == s.trial.placement.threads
    }
    several = [s for s in plain if s.trial.workers == 1 and s.trial.placement.threads > 1]
    for threads in sorted({s.trial.placement.threads for s in several}):
        rows = [s for s in several if s.trial.placement.threads == threads]
        parts = []
        for s in _at(rows, _common_size(rows, near_mp=1.0)):
            one = singles.get((s.name, s.settings, s.trial.width))
            if one is not None:
                ratio = ratio_of(one.latency, s.latency)
                parts.append((ratio.value, f"{units.number(ratio.value)}{interval(ratio)} for {s.label}"))
        if parts:
            said = joined([text for _, text in sorted(parts, reverse=True)])
            size = _mp(_at(rows, _common_size(rows, near_mp=1.0))[0])
            yield f"{threads} threads", f"One process at {size}, speed-up over one thread: {said}."


def _memory(single: list[Summary]) -> Iterator[Entry]:
    size = _common_size([s for s in single if s.peak_bytes], near_mp=math.inf)
    at_size = sorted((s for s in _at(single, size) if s.peak_bytes), key=lambda s: -(s.peak_bytes or 0))
    if at_size:
        parts = [f"{units.byte_count(s.peak_bytes)} for {s.label}" for s in at_size]
        yield "Peak memory", f"One worker at {_mp(at_size[0])} needs {joined(parts)}."


def _shrinking(rows: list[Summary]) -> Iterator[Entry]:
    by_steps: dict[str, list[str]] = defaultdict(list)
    for s, _, ratio in shrunken(rows):
        quality = s.measurement.quality
        by_steps[f"{_mp(s)} through {steps_text(s.trial.steps)}"].append(
            f"{s.label} {units.number(ratio.value)} times as fast, at {units.decibels(quality.get('psnr_db'))} and "
            f"SSIM {units.number(quality.get('ssim'), digits=2)}"
        )
    for what, parts in by_steps.items():
        yield (
            "Shrinking first",
            f"{what}: {joined(parts)}. PSNR and SSIM compare the result, resized back, with the full-size result.",
        )


def _common_size(rows: list[Summary], *, near_mp: float) -> tuple[int, int] | None:
    """The size nearest to `near_mp` at which most operations were measured."""
    names: dict[tuple[int, int], set[str]] = defaultdict(set)
    for s in rows:
        names[s.trial.width, s.trial.height].add(s.name)
    if not names:
        return None
    most = max(len(found) for found in names.values())
    sizes = [size for size, found in names.items() if len(found) == most]
    if math.isinf(near_mp):
        return max(sizes, key=lambda size: size[0] * size[1])
    return min(sizes, key=lambda size: abs(size[0] * size[1] / 1e6 - near_mp))


def _at(rows: list[Summary], size: tuple[int, int] | None) -> list[Summary]:
    return [s for s in rows if (s.trial.width, s.trial.height) == size]


def _value(estimate: Estimate | None) -> float:
    return math.nan if estimate is None else estimate.value


def _per_mp(s: Summary) -> float:
    return s.latency.value / s.trial.megapixels


def _within(rows: list[Summary]) -> str:
    """The relative half-width of the widest interval; empty where a row has no interval."""
    widths = [
        max(s.latency.high / s.latency.value, s.latency.value / s.latency.low) - 1
        for s in rows
        if s.latency.low is not None and s.latency.high is not None
    ]
    return f"; 95 % intervals within {units.percent(max(widths))}" if len(widths) == len(rows) else ""


def _percent_interval(share: Estimate | None) -> str:
    if share is None or share.low is None or share.high is None:
        return ""
    return f" [{100 * share.low:.0f}, {100 * share.high:.0f}]"


def _mp(s: Summary) -> str:
    return f"{units.megapixels(s.trial.megapixels)} MP"
