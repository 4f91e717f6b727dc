"""The plots of notebook ``05_trust``: each shows a mistake that a rule of measuring prevents."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from toolkit.analysis.stats import Estimate
from toolkit.analysis.verdict import DECISION_LEVEL
from toolkit.core import units
from toolkit.results.plots import charts
from toolkit.results.plots.charts import Chart
from toolkit.results.plots.marks import GREY, INK, RIGHT, WRONG, Mark, draw_point
from toolkit.results.rows.summarising import Measured, summarise
from toolkit.results.rows.summary import Summary
from toolkit.studies.trust.demonstrations import AlarmRates, Run
from toolkit.studies.trust.inherited import InheritedPeak


def false_alarm_chart(samples_s: Sequence[Sequence[float]], live: AlarmRates, simulated: AlarmRates) -> Chart:
    """Plot the calls of processes with the same code, and how often a comparison of two halves finds a difference.

    Parameters
    ----------
    samples_s : sequence of sequences of float
        Seconds of each call, one row for each process.
    live, simulated : AlarmRates
        Results of `alarms_on_splits` and `alarms_in_simulation`.
    """
    medians_s = [statistics.median(row) for row in samples_s]
    apart = units.percent(max(medians_s) / min(medians_s) - 1)
    rates = [rate for rates in (live, simulated) for rate in (rates.pooled, rates.by_process)]
    with charts.look():
        chart = charts.new_chart(3.6)
        left, right = chart.subplots(1, 2, width_ratios=(1.25, 1))
        _draw_calls(left, samples_s, medians_s)
        left.set_title(f"Processes differ by up to {apart}")
        names = [
            f"{where},\n{evidence}"
            for where in ("this machine", "simulated")
            for evidence in ("calls pooled", "by process")
        ]
        level = 100 * DECISION_LEVEL
        _draw_bars(right, names, [100 * r for r in rates], [WRONG, RIGHT] * 2, "{:.0f} %", line_at=level)
        right.set(
            xlabel=f"comparisons of identical code that\nreport a difference, % (dashed: {level:g} % allowed)"
        )
        right.set_title("False alarms")
    said = [units.percent(rate) for rate in rates]
    chart.alt = (
        f"Calls of {len(samples_s)} processes of the same code; their medians differ by {apart}. "
        f"A comparison of identical code reports a difference in {said[0]} of {live.comparisons} splits if calls are "
        f"pooled and in {said[1]} if each process gives one number; on simulated times in {said[2]} and {said[3]}."
    )
    return chart


def drift_chart(sequential: Sequence[Run], turns: Sequence[Run], *, drift: float) -> Chart:
    """Plot one comparison in turns and one without turns over time, and the differences in all comparisons.

    Parameters
    ----------
    sequential, turns : sequence of Run
        Many comparisons in each order; the plot shows the first comparison in detail.
    drift : float
        Slow-down of the simulated machine during a comparison, as a fraction: 0.05 is 5 %.
    """
    slowing = f"slows down by {units.percent(drift)}"
    with charts.look():
        chart = charts.new_chart(5.4)
        halves: Any = chart.subfigures(2, 1, height_ratios=(1.45, 1))
        panels = halves[0].subplots(1, 2, sharey=True)
        _draw_run(panels[0], sequential[0], WRONG, "One after the other")
        _draw_run(panels[1], turns[0], RIGHT, "In turns")
        panels[0].set_ylabel("latency, ms\n(median of each process)")
        low, high = panels[0].get_ylim()
        panels[0].set_ylim(low, high + 0.22 * (high - low))  # room for the legends
        axes = halves[1].subplots()
        _draw_differences(axes, {"one after\nthe other": sequential, "in turns": turns}, (WRONG, RIGHT))
        axes.set_title(f"{len(turns)} comparisons while the machine {slowing}")
    found = [statistics.fmean(run.verdict.ratio for run in runs) - 1 for runs in (sequential, turns)]
    chart.alt = (
        f"On a machine that {slowing}, identical code measured one after the other differs by "
        f"{units.percent(found[0])} on average; measured in turns, it differs by {units.percent(abs(found[1]))}."
    )
    return chart


def peak_chart(peak: InheritedPeak) -> Chart:
    """Plot the peak memory of a small process with a large parent, by three counters."""
    counters = [
        ("the parent, which started the child", peak.parent_bytes, GREY),
        ("the child, by ru_maxrss", peak.ru_maxrss_bytes, WRONG),
        ("the child, by its own high-water mark", peak.rss_peak_bytes, RIGHT),
        ("the child, each shared page divided among its users (PSS)", peak.pss_peak_bytes, RIGHT),
    ]
    shown = [(name, value / 1e6, color) for name, value, color in counters if value is not None]
    names, peaks_mb, colors = zip(*shown, strict=True)
    with charts.look():
        chart = charts.new_chart(2.5)
        axes = chart.subplots()
        _draw_bars(axes, names, peaks_mb, colors, "{:.0f} MB")
        axes.set(xlabel="peak memory, MB")
        axes.set_title(
            f"ru_maxrss of a {peak.rss_peak_bytes / 1e6:.0f} MB process reports {peak.ru_maxrss_bytes / 1e6:.0f} MB"
        )
    chart.alt = "Peak memory: " + "; ".join(f"{name} {value:.0f} MB" for name, value, _ in shown) + "."
    return chart


def crowding_chart(measurements: Sequence[Measured], *, processors: int) -> Chart:
    """Plot runnable threads, throughput and latency for several numbers of workers and threads.

    Parameters
    ----------
    measurements : sequence of Measurement or Summary
        Successful measurements of one operation at one size, with different numbers of workers and threads.
    processors : int
        Number of processors that this process may use.
    """
    rows = sorted(summarise(measurements), key=lambda s: (_asked(s), s.trial.workers))
    names = [_way(s) for s in rows]
    colors = [WRONG if _asked(s) > processors else RIGHT for s in rows]
    runnable = [_runnable(s) for s in rows]
    with charts.look():
        chart = charts.new_chart(1.5 + 0.42 * len(rows))
        panels = chart.subplots(1, 3, sharey=True)
        _draw_bars(panels[0], names, runnable, colors, "{:.1f}", line_at=processors)
        _draw_bars(panels[1], names, [s.throughput for s in rows], colors, "{:.3g}")
        _draw_bars(panels[2], names, [s.latency.scaled(1000) for s in rows], colors, "{:.0f}")
        panels[0].set(
            xlabel=f"runnable threads\n(dashed: {processors} processors)", ylabel="workers x threads"
        )
        panels[1].set(xlabel="throughput, images/s\n(bars: 95 % intervals)")
        panels[2].set(xlabel="latency, ms\n(bars: 95 % intervals)")
        charts.add_title(chart, _crowding_title(rows, processors))
    facts = [
        f"{name}: {threads:.1f} runnable threads, {s.throughput.value:.3g} images/s, {1000 * s.latency.value:.0f} ms"
        for name, threads, s in zip(names, runnable, rows, strict=True)
    ]
    chart.alt = "; ".join(facts) + "."
    return chart


def _draw_calls(axes: Axes, samples_s: Sequence[Sequence[float]], medians_s: Sequence[float]) -> None:
    """Draw each call as a dot, and the median of each process as a dash."""
    scale, unit = units.time_unit(medians_s)
    for number, (row, median_s) in enumerate(zip(samples_s, medians_s, strict=True), 1):
        spread = np.linspace(-0.28, 0.28, len(row)) if len(row) > 1 else np.zeros(1)
        axes.plot(number + spread, np.asarray(row) / scale, ".", color=GREY, ms=3.5, zorder=2)
        axes.plot([number - 0.38, number + 0.38], [median_s / scale] * 2, color=RIGHT, lw=2.4, zorder=3)
    # The axis ends just above the 98th percentile of the calls, so that a rare slow call does not stretch the axis.
    low, high = np.quantile([s / scale for row in samples_s for s in row], (0.0, 0.98))
    margin = 0.12 * max(high - low, 1e-9)
    axes.set_ylim(low - margin, high + margin)
    axes.set_xticks(range(1, len(samples_s) + 1))
    axes.set(xlabel="process (all run the same code)", ylabel=f"latency, {unit}")
    axes.grid(axis="x", visible=False)


def _draw_run(axes: Axes, run: Run, color: str, name: str) -> None:
    """Draw the processes of one comparison over time, and the mean of each of its two versions."""
    sides = (Mark(GREY, "o"), "before"), (Mark(color, "s"), "after (same code)")
    for (mark, label), at_s, medians_s in zip(sides, run.at_s, run.medians_s, strict=True):
        times_ms = [1000 * s for s in medians_s]
        axes.plot(at_s, times_ms, mark.marker, color=mark.color, label=label, zorder=3)
        axes.axhline(statistics.fmean(times_ms), color=mark.color, lw=1.5, ls="--")
    axes.set(xlabel="clock, s", title=f"{name}: {run.verdict.outcome.value}")
    axes.legend(loc="upper left", handletextpad=0.2, borderaxespad=0.1)


def _draw_differences(axes: Axes, designs: dict[str, Sequence[Run]], colors: Sequence[str]) -> None:
    """Draw the difference that each comparison measured, and write how many verdicts are wrong in each order."""
    rng = np.random.default_rng(0)
    for y, (runs, color) in enumerate(zip(designs.values(), colors, strict=True)):
        found = [100 * (run.verdict.ratio - 1) for run in runs]
        axes.plot(found, y + rng.uniform(-0.16, 0.16, len(found)), "o", ms=4, color=color, alpha=0.65)
        alarms = sum(run.verdict.outcome.is_difference for run in runs)
        look = {"ha": "right", "color": color, "fontweight": "bold", "xycoords": ("axes fraction", "data")}
        charts.write_beside(
            axes, f"{alarms} of {len(runs)} verdicts wrong", (1.0, y), offset_pt=(0, 0), **look
        )
    axes.axvline(0, color=INK, lw=1.2)
    charts.name_rows(axes, list(designs))
    first, last = axes.get_xlim()
    axes.set_xlim(first, last + 0.45 * (last - first))  # room for the text at the right
    axes.set(xlabel="measured difference, %   (true difference: 0)")


def _draw_bars(
    axes: Axes,
    names: Sequence[str],
    values: Sequence[float | Estimate],
    colors: Sequence[str],
    written: str,
    *,
    line_at: float | None = None,
) -> None:
    """Draw horizontal bars from top to bottom, each with its interval and number, and a dashed line at `line_at`."""
    sizes = [value.value if isinstance(value, Estimate) else value for value in values]
    longest = max([1e-9, *filter(math.isfinite, sizes)])
    axes.barh(range(len(sizes)), sizes, color=colors, height=0.62, zorder=2)
    if line_at is not None:
        axes.axvline(line_at, color=INK, ls="--", lw=1.2)
    for y, (value, size) in enumerate(zip(values, sizes, strict=True)):
        draw_point(axes, value, y, Mark(INK, ""))
        end = (value.high or size) if isinstance(value, Estimate) else size
        # If an interval is very wide, its number is drawn over the interval, on white, near the end of the bar.
        at = min(max(end, line_at or 0), 1.2 * longest)
        charts.write_beside(axes, written.format(size), (at, y), bbox=charts.ON_WHITE)
    charts.name_rows(axes, names)
    axes.set_xlim(0, 1.6 * longest)


def _crowding_title(rows: Sequence[Summary], processors: int) -> str:
    """Title: throughput and latency with the most threads, relative to the best setting that fits the processors."""
    fitting = [s for s in rows if _asked(s) <= processors]
    crowded = [s for s in rows if _asked(s) > processors]
    if not fitting or not crowded:
        return f"Workers and threads on {processors} processors"
    best = max(fitting, key=lambda s: s.throughput.value)
    worst = max(crowded, key=_asked)
    return (
        f"{_way(worst)} on {processors} processors: {worst.throughput.value / best.throughput.value:.2f} x the "
        f"throughput and {worst.latency.value / best.latency.value:.1f} x the latency of {_way(best)}"
    )


def _way(row: Summary) -> str:
    return f"{row.trial.workers} x {row.trial.placement.threads}"


def _asked(row: Summary) -> int:
    return row.trial.workers * row.trial.placement.threads


def _runnable(row: Summary) -> float:
    """Average number of threads that ran or waited to run, summed over all workers of a measurement."""
    blocks = row.measurement.blocks
    each = [sum(run.observed["ledger"]["active"] for run in block.workers) for block in blocks]
    return statistics.median(each) if each else math.nan
