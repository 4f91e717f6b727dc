"""The pictures of notebook ``05_trust``: what each rule of measuring prevents, its lesson in the title."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from toolkit.analysis.stats import Estimate
from toolkit.analysis.verdict import DECISION_LEVEL
from toolkit.contracts.measurement import Measurement
from toolkit.core import units
from toolkit.results.plots.charts import COLORS, Chart, look, new_chart
from toolkit.results.rows.summary import Summary, summarise

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from toolkit.studies.trust.demonstrations import AlarmRates, Run
    from toolkit.studies.trust.inherited import InheritedPeak

_RIGHT, _WRONG, _QUIET = COLORS[0], COLORS[1], "#999999"
_INK = "#333333"


def false_alarm_chart(samples_s: Sequence[Sequence[float]], live: AlarmRates, simulated: AlarmRates) -> Chart:
    """Every call of processes that run the same code, and how often halves of them are called different.

    Parameters
    ----------
    samples_s : sequence of sequences of float
        Seconds a call, one row for each process.
    live, simulated : AlarmRates
        From `toolkit.studies.trust.demonstrations`.
    """
    medians = [statistics.median(row) for row in samples_s]
    scale, unit = units.time_unit(medians)
    apart = max(medians) / min(medians) - 1
    with look():
        chart = new_chart(3.6)
        left, right = chart.subplots(1, 2, width_ratios=(1.25, 1))
        for number, row in enumerate(samples_s, 1):
            spread = np.linspace(-0.28, 0.28, len(row)) if len(row) > 1 else [0.0]
            left.plot(
                number + np.asarray(spread), np.asarray(row) / scale, ".", color=_QUIET, ms=3.5, zorder=2
            )
        for number, median in enumerate(medians, 1):
            left.plot([number - 0.38, number + 0.38], [median / scale] * 2, color=_RIGHT, lw=2.4, zorder=3)
        _robust_limits(left, [s / scale for row in samples_s for s in row])
        left.set(xlabel="process (all run the same code)", ylabel=f"time of a call, {unit}")
        left.set_xticks(range(1, len(samples_s) + 1))
        left.set_title(f"Processes differ by up to {units.percent(apart)}")
        left.grid(axis="x", visible=False)
        names = (
            "this machine,\ncalls pooled",
            "this machine,\nby process",
            "simulated,\ncalls pooled",
            "simulated,\nby process",
        )
        rates = (live.pooled, live.by_process, simulated.pooled, simulated.by_process)
        level = 100 * DECISION_LEVEL
        colors = [_WRONG, _RIGHT, _WRONG, _RIGHT]
        _bars(right, names, [100 * r for r in rates], colors, "{:.0f} %", clear_of=level)
        right.axvline(level, color=_INK, ls="--", lw=1.2)
        right.set(xlabel=f"identical code called different, %\n(dashed: {level:g} % promised)")
        right.set_title("False alarms")
    said = [
        units.percent(rate) for rate in (live.pooled, live.by_process, simulated.pooled, simulated.by_process)
    ]
    chart.alt = (
        f"Calls of {len(samples_s)} processes of the same code; their medians differ by {units.percent(apart)}. "
        f"Identical code was called different in {said[0]} of {live.comparisons} splits with calls pooled and in "
        f"{said[1]} by process; simulated: {said[2]} and {said[3]}."
    )
    return chart


def drift_chart(sequential: Sequence[Run], turns: Sequence[Run], *, drift: float) -> Chart:
    """One comparison of each design along the clock, and the ratios of all of them.

    Parameters
    ----------
    sequential, turns : sequence of Run
        The same comparison many times; the first of each is drawn in full.
    drift : float
        By how much the machine became slower, as a fraction.
    """
    with look():
        chart = new_chart(5.4)
        halves: Any = chart.subfigures(2, 1, height_ratios=(1.45, 1))
        top, bottom = halves
        panels = top.subplots(1, 2, sharey=True)
        for axes, run, name in zip(
            panels, (sequential[0], turns[0]), ("One after the other", "In turns"), strict=True
        ):
            for side, (color, marker, label) in enumerate(
                ((_QUIET, "o", "before"), (_RIGHT if axes is panels[1] else _WRONG, "s", "after (same code)"))
            ):
                times = [1000 * s for s in run.medians_s[side]]
                axes.plot(run.at_s[side], times, marker, color=color, label=label, zorder=3)
                axes.axhline(statistics.fmean(times), color=color, lw=1.5, ls="--")
            axes.set_title(f"{name}: {run.verdict.outcome.value}")
            axes.set(xlabel="clock, s")
            axes.legend(loc="upper left", handletextpad=0.2, borderaxespad=0.1)
        panels[0].set_ylabel("time of a call, ms\n(median of each process)")
        low, high = panels[0].get_ylim()
        panels[0].set_ylim(low, high + 0.22 * (high - low))
        axes = bottom.subplots()
        rng = np.random.default_rng(0)
        for row, (runs, color) in enumerate(((sequential, _WRONG), (turns, _RIGHT))):
            ratios = [100 * (run.verdict.ratio - 1) for run in runs]
            axes.plot(ratios, row + rng.uniform(-0.16, 0.16, len(ratios)), "o", ms=4, color=color, alpha=0.65)
            alarms = sum(run.verdict.outcome.value in ("FASTER", "SLOWER") for run in runs)
            axes.annotate(
                f"{alarms} of {len(runs)} wrong verdicts", (1.0, row), xycoords=("axes fraction", "data"),
                ha="right", va="center", fontsize=9.5, color=color, fontweight="bold",
            )  # fmt: skip
        axes.axvline(0, color=_INK, lw=1.2)
        axes.set_yticks((0, 1), ("one after\nthe other", "in turns"))
        axes.set_ylim(1.5, -0.5)
        first, last = axes.get_xlim()
        axes.set_xlim(first, last + 0.45 * (last - first))  # room for the counts
        axes.grid(axis="y", visible=False)
        axes.set(xlabel="difference found, %   (the truth is 0)")
        axes.set_title(f"{len(turns)} comparisons while the machine slows down by {units.percent(drift)}")
    found = [statistics.fmean(run.verdict.ratio for run in runs) - 1 for runs in (sequential, turns)]
    chart.alt = (
        f"A machine that slows down by {units.percent(drift)}: measured one after the other identical code differs by "
        f"{units.percent(found[0])} on average, measured in turns by {units.percent(abs(found[1]))}."
    )
    return chart


def peak_chart(peak: InheritedPeak) -> Chart:
    """What three counters say of a small process with a large parent."""
    known = [
        ("the parent, which started it", peak.parent_bytes, _QUIET),
        ("the child, by ru_maxrss", peak.ru_maxrss_bytes, _WRONG),
        ("the child, by its own high-water mark", peak.rss_peak_bytes, _RIGHT),
        ("the child, shared pages counted once (PSS)", peak.pss_peak_bytes, _RIGHT),
    ]
    shown = [(name, value / 1e6, color) for name, value, color in known if value is not None]
    with look():
        chart = new_chart(2.5)
        axes = chart.subplots()
        _bars(axes, [s[0] for s in shown], [s[1] for s in shown], [s[2] for s in shown], "{:.0f} MB")
        axes.set(xlabel="peak memory, MB")
        axes.set_title(
            f"A process of {peak.rss_peak_bytes / 1e6:.0f} MB is reported with {peak.ru_maxrss_bytes / 1e6:.0f} MB"
        )
    chart.alt = "Peak memory: " + "; ".join(f"{name} {value:.0f} MB" for name, value, _ in shown) + "."
    return chart


def crowding_chart(measurements: Sequence[Measurement], *, processors: int) -> Chart:
    """Workers and threads of one trial: threads that want to run, pictures a second, time of a picture.

    Parameters
    ----------
    measurements : sequence of Measurement
        ok ones of one operation and size, told apart by workers and threads.
    processors : int
        What this process may use.
    """
    rows = sorted(summarise(measurements), key=lambda s: (_asked(s), s.trial.workers))
    names = [f"{s.trial.workers} x {s.trial.placement.threads}" for s in rows]
    colors = [_WRONG if _asked(s) > processors else _RIGHT for s in rows]
    wanting = [_wanting(s) for s in rows]
    with look():
        chart = new_chart(1.5 + 0.42 * len(rows))
        panels = chart.subplots(1, 3, sharey=True)
        _bars(panels[0], names, wanting, colors, "{:.1f}", clear_of=processors)
        panels[0].axvline(processors, color=_INK, ls="--", lw=1.2)
        panels[0].set(
            xlabel=f"threads that want to run\n(dashed: {processors} processors)", ylabel="workers x threads"
        )
        _bars_of(panels[1], names, [s.throughput for s in rows], 1.0, colors, "{:.3g}")
        panels[1].set(xlabel="pictures a second\n(line: 95 % interval)")
        _bars_of(panels[2], names, [s.latency for s in rows], 1000.0, colors, "{:.0f}")
        panels[2].set(xlabel="time of a picture, ms\n(line: 95 % interval)")
        chart.suptitle(_crowding_title(rows, processors), x=0.01, ha="left", fontsize=11, fontweight="bold")
    chart.alt = (
        "; ".join(
            f"{name}: {w:.1f} threads want to run, {s.throughput.value:.3g} pictures a second, "
            f"{1000 * s.latency.value:.0f} ms each"
            for name, w, s in zip(names, wanting, rows, strict=True)
        )
        + "."
    )
    return chart


def _crowding_title(rows: Sequence[Summary], processors: int) -> str:
    """What the most crowded row gives and costs, against the best of those that fit."""
    fitting = [s for s in rows if _asked(s) <= processors]
    crowded = [s for s in rows if _asked(s) > processors]
    if not fitting or not crowded:
        return f"Workers and threads on {processors} processors"
    best = max(fitting, key=lambda s: s.throughput.value)
    worst = max(crowded, key=_asked)
    name, other = (f"{s.trial.workers} x {s.trial.placement.threads}" for s in (worst, best))
    return (
        f"{name} on {processors} processors: {worst.throughput.value / best.throughput.value:.2f} x the pictures of "
        f"{other}, each {worst.latency.value / best.latency.value:.1f} x as long"
    )


def _asked(row: Summary) -> int:
    return row.trial.workers * row.trial.placement.threads


def _wanting(row: Summary) -> float:
    """Threads of all workers that ran or waited to run, on average, from the ledgers."""
    each = [
        sum(run.observed["ledger"]["active"] for run in block.workers) for block in row.measurement.blocks
    ]
    return statistics.median(each) if each else math.nan


def _bars(
    axes: Axes,
    names: Sequence[str],
    values: Sequence[float],
    colors: Sequence[str],
    written: str,
    *,
    clear_of: float = 0.0,
) -> None:
    """Horizontal bars, first one on top, each with its number, which keeps clear of a line at `clear_of`."""
    axes.barh(range(len(values)), values, color=colors, height=0.62, zorder=2)
    for row, value in enumerate(values):
        place: dict[str, Any] = {"xytext": (4, 0), "textcoords": "offset points"}
        at = (max(value, clear_of), row)
        axes.annotate(written.format(value), at, **place, va="center", fontsize=9.5, zorder=4)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(0, 1.25 * max([1e-9, *(v for v in values if math.isfinite(v))]))
    axes.grid(axis="y", visible=False)


def _bars_of(
    axes: Axes,
    names: Sequence[str],
    estimates: Sequence[Estimate],
    factor: float,
    colors: Sequence[str],
    written: str,
) -> None:
    """Bars with their intervals as thin lines; the number stands inside the bar, out of the line's way."""
    values = [factor * e.value for e in estimates]
    axes.barh(range(len(values)), values, color=colors, height=0.62, zorder=2)
    for row, (value, e) in enumerate(zip(values, estimates, strict=True)):
        if e.low is not None and e.high is not None:
            axes.plot([factor * e.low, factor * e.high], [row, row], color=_INK, lw=1.3, zorder=3)
        axes.annotate(
            written.format(value), (0, row), xytext=(5, 0), textcoords="offset points", va="center",
            fontsize=9.5, color="white" if value > 0.3 * max(values) else _INK, fontweight="bold", zorder=4,
        )  # fmt: skip
    axes.set_ylim(len(names) - 0.5, -0.5)
    # An interval from few processes may be very wide; the bars must stay readable beside it.
    axes.set_xlim(0, 1.6 * max([1e-9, *(v for v in values if math.isfinite(v))]))
    axes.grid(axis="y", visible=False)


def _robust_limits(axes: Axes, values: Sequence[float]) -> None:
    """Limits that a rare interruption does not stretch; it may lie outside."""
    low, high = np.quantile(values, (0.0, 0.98))
    margin = 0.12 * max(high - low, 1e-9)
    axes.set_ylim(low - margin, high + margin)
