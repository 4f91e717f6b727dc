"""Conclusions about art filters for the top of a report: cost, growth, workers, threads, memory, shrinking."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator

from toolkit.analysis.ratios import ratio_of
from toolkit.analysis.stats import Estimate
from toolkit.contracts.turns import took_turns
from toolkit.core import units
from toolkit.results.rows.growth import fit_series
from toolkit.results.rows.quiet import busy_sentence
from toolkit.results.rows.shrinking import Shrunken, shrunken, steps_text
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.rows.summary import Summary
from toolkit.results.sentences.phrases import (
    Conclusions,
    Entry,
    evidence,
    interval,
    joined,
    stopped,
    without_findings,
)


def conclude(measurements: Iterable[Measured]) -> Conclusions:
    """Draw conclusions from measurements of art filters; quantities that were not measured are not mentioned.

    Parameters
    ----------
    measurements : iterable of Measurement
        Measurements of one machine.
    """
    rows = newest_rows(measurements)
    if busy := busy_sentence(rows):
        return without_findings(busy, rows, _named)
    plain = [s for s in rows if s.is_ok and not s.trial.steps]
    single = [s for s in plain if s.trial.is_alone and s.trial.placement.threads == 1]
    entries = [
        *_cost(single),
        *_share(single),
        *_growth(single),
        *_workers(plain),
        *_threads(plain),
        *_memory(single),
        *_shrinking(rows),
        *stopped(rows, _named),
        *evidence(rows),
    ]
    backends = {s.trial.backend for s in rows}
    # The sentence "Evidence" names the backends, so a single backend is left out of every other sentence.
    if len(backends) == 1:
        (backend,) = backends
        entries = [(heading, sentence.replace(f"@{backend}", "")) for heading, sentence in entries]
    return Conclusions(tuple(entries))


def _named(s: Summary) -> str:
    return f"{s.label} at {_mp(s)}"


def _cost(single: list[Summary]) -> Iterator[Entry]:
    rows = sorted(_at_common_size(single, near_mp=1.0), key=lambda s: -s.latency.value)
    costs = [(s.label, units.seconds(s.latency.value / s.trial.megapixels)) for s in rows]
    if costs:
        parts = [f"{costs[0][0]} takes {costs[0][1]} per megapixel", *(" ".join(cost) for cost in costs[1:])]
        yield "Cost", f"{joined(parts)} (one thread, measured at {_mp(rows[0])}{_within(rows)})."


def _share(single: list[Summary]) -> Iterator[Entry]:
    rows = sorted(_at_common_size(single, near_mp=math.inf), key=lambda s: -s.latency.value)
    total_s = sum(s.latency.value for s in rows)
    if len({s.trial.operation for s in rows}) == len(rows) > 1:
        first = rows[0]
        yield (
            "One photo in every style",
            f"All {len(rows)} styles at {_mp(first)} take {units.seconds(total_s)} on one thread; "
            f"{units.percent(first.latency.value / total_s)} of this time is {first.trial.operation}.",
        )


def _growth(single: list[Summary]) -> Iterator[Entry]:
    laws = [(points, law) for points, law in fit_series(single).values() if law is not None]
    if laws:
        parts = [f"{law.exponent:.2f} [{law.low:.2f}, {law.high:.2f}] for {s[0].label}" for s, law in laws]
        sizes = sorted(s.trial.megapixels for points, _ in laws for s in points)
        yield (
            "Growth with size",
            f"From {units.megapixels(sizes[0])} to {units.megapixels(sizes[-1])} MP, latency grows with the number "
            f"of pixels to the power of {joined(parts)} (power 1 is proportional; brackets: 95 % interval).",
        )


def _workers(plain: list[Summary]) -> Iterator[Entry]:
    many = [s for s in plain if s.trial.workers > 1 and s.trial.placement.threads == 1 and s.efficiency]
    for workers in sorted({s.trial.workers for s in many}):
        rows = _at_common_size([s for s in many if s.trial.workers == workers], near_mp=1.0)
        found = [(s.efficiency, s.label) for s in rows if s.efficiency]
        parts = [
            f"x {units.number(workers * efficiency.value)} for {label} "
            f"({units.percent(efficiency.value)} efficiency{interval(efficiency.scaled(100), '.0f')})"
            for efficiency, label in sorted(found, key=lambda pair: -pair[0].value)
        ]
        where = f"With one thread each, at {_mp(rows[0])}"
        yield f"{workers} workers", f"{where}, throughput relative to one worker: {joined(parts)}."


def _threads(plain: list[Summary]) -> Iterator[Entry]:
    alone = [s for s in plain if s.trial.is_alone]
    singles = {_but_threads(s): s for s in alone if s.trial.placement.threads == 1}
    for threads in sorted({s.trial.placement.threads for s in alone} - {1}):
        rows = _at_common_size([s for s in alone if s.trial.placement.threads == threads], near_mp=1.0)
        pairs = [(s, singles[_but_threads(s)]) for s in rows if _but_threads(s) in singles]
        together = [(s, one) for s, one in pairs if took_turns(s.measurement, one.measurement)]
        ratios = [(ratio_of(one.latency, s.latency), s.label) for s, one in together]
        if ratios:
            ratios.sort(key=lambda pair: -pair[0].value)
            said = joined([f"{_factor(r)}{interval(r)} for {label}" for r, label in ratios])
            yield f"{threads} threads", f"One process at {_mp(rows[0])}, speed-up over one thread: {said}."


def _factor(ratio: Estimate) -> str:
    return "no difference seen" if ratio.includes(1) else units.number(ratio.value)


def _memory(single: list[Summary]) -> Iterator[Entry]:
    rows = _at_common_size([s for s in single if s.peak_bytes], near_mp=math.inf)
    rows = sorted(rows, key=lambda s: -(s.peak_bytes or 0))
    if rows:
        parts = [f"{units.byte_count(s.peak_bytes)} for {s.label}" for s in rows]
        yield "Peak memory", f"One worker at {_mp(rows[0])} needs {joined(parts)}."


def _shrinking(rows: list[Summary]) -> Iterator[Entry]:
    by_steps: dict[str, list[str]] = defaultdict(list)
    for job in shrunken(rows):
        s, psnr_db, ssim = job.small, job.quality.get("psnr_db"), job.quality.get("ssim")
        by_steps[f"{_mp(s)} through {steps_text(s.trial.steps)}"].append(
            f"{s.label} {_times_as_fast(job)}, at {units.decibels(psnr_db)} and "
            f"SSIM {units.number(ssim, digits=2)}"
        )
    for what, parts in by_steps.items():
        yield (
            "Shrinking first",
            f"{what}: {joined(parts)}. PSNR and SSIM compare the result, enlarged to full size, with the full-size "
            "result.",
        )


def _times_as_fast(job: Shrunken) -> str:
    if job.speedup is None:
        return f"in {units.seconds(job.small.latency.value)} (not measured in turns with the full size)"
    return f"{units.number(job.speedup.value)} times as fast"


def _at_common_size(rows: list[Summary], *, near_mp: float) -> list[Summary]:
    """Rows of the picture size at which most operations were measured; of several sizes, the nearest to `near_mp`."""
    names: dict[tuple[int, int], set[str]] = defaultdict(set)
    for s in rows:
        names[s.size].add(s.name)

    def rank(size: tuple[int, int]) -> tuple[int, float]:
        megapixels = size[0] * size[1] / 1e6
        return len(names[size]), megapixels if math.isinf(near_mp) else -abs(megapixels - near_mp)

    chosen = max(names, key=rank, default=None)
    return [s for s in rows if s.size == chosen]


def _but_threads(s: Summary) -> tuple[str, str, int]:
    return s.name, s.settings, s.trial.width


def _within(rows: list[Summary]) -> str:
    """The largest relative distance from a latency to an end of its interval, as text; empty without intervals."""
    ends = [(s.latency.value, s.latency.low, s.latency.high) for s in rows]
    widths = [max(high / value, value / low) - 1 for value, low, high in ends if low and high]
    return f"; 95 % intervals within {units.percent(max(widths))}" if len(widths) == len(rows) else ""


def _mp(s: Summary) -> str:
    return f"{units.megapixels(s.trial.megapixels)} MP"
