"""Plot each style's share of the time of a job as bars, and ratios of times to the time of a baseline as points."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from toolkit.analysis.stats import Estimate
from toolkit.core import units
from toolkit.results.plots import charts, marks
from toolkit.results.plots.backends import Way, way_of
from toolkit.results.plots.charts import Chart
from toolkit.results.plots.marks import Mark
from toolkit.results.plots.nothing import Nothing
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.rows.summary import Summary
from toolkit.results.sentences.verdicts import ComparisonReport

_LUMINANCE = (0.2126, 0.7152, 0.0722)
"""Weights of red, green and blue in the luminance of an sRGB colour."""
_LEAST_NAMED = 7
"""Smallest length of a part of a bar, in % of the bar, in which the number of this part fits."""


class Job(NamedTuple):
    """Picture size, backend with threads, and machine, which all measurements of one bar have in common."""

    megapixels: float
    way: Way
    environment: str

    @property
    def size_text(self) -> str:
        """The picture's size with its unit."""
        return f"{units.megapixels(self.megapixels)} MP"


def share_plot(measurements: Iterable[Measured], *, styles: Sequence[str]) -> Chart | Nothing:
    """Plot the share of each style in the time of a job that makes all styles from one photo, a bar for each size.

    Only rows with one worker and default parameters are used; a bar needs every style on one backend and thread count.
    """
    jobs = _jobs(newest_rows(measurements), styles)
    if not jobs:
        return Nothing("Share of each style in the job that makes all styles")
    title, names = f"Share of each style in the {len(styles)}-style job", [job.size_text for job in jobs]
    ways = {(job.way, job.environment) for job in jobs}
    if len(ways) == 1:
        title += f" ({next(iter(jobs)).way})"
    else:
        names = [f"{job.size_text}, {job.way}" for job in jobs]
    colors = marks.colors_of(styles)
    handles = marks.color_handles({style: colors[style] for style in styles})
    handles += marks.hatched_handles(s for rows in jobs.values() for s in rows.values())
    with charts.drawing(1.2 + 0.42 * max(1, len(jobs))) as (chart, axes):
        for y, rows in enumerate(jobs.values()):
            _draw_job(axes, y, rows, colors)
        charts.name_rows(axes, names)
        axes.grid(visible=False)
        axes.set(xlim=(0, 112), xlabel="share of the time of all styles (on the right), %", title=title)
        axes.set_xticks(range(0, 101, 20))
        charts.add_legend(chart, handles)
    chart.alt = charts.described(title, (_job_text(job, rows) for job, rows in jobs.items()))
    return chart


def ratio_plot(
    ratios: Mapping[str, Estimate | ComparisonReport], *, title: str = "Time relative to the baseline"
) -> Chart:
    """Plot ratios of latency to the latency of a baseline, with 95 % intervals; left of 1 is faster than the baseline.

    A comparison whose measurements were disturbed, or not made in turns, has no interval; its point is grey, and the
    plot gives the reason in place of the ratio.
    """
    why = {name: _why_not(one) for name, one in ratios.items()}
    estimates = {name: one if isinstance(one, Estimate) else one.ratio for name, one in ratios.items()}
    with charts.drawing(1.3 + 0.4 * max(1, len(ratios))) as (chart, axes):
        axes.axvline(1, color=marks.INK, linewidth=1)
        for y, (name, ratio) in enumerate(estimates.items()):
            marks.draw_point(axes, ratio, y, Mark(marks.GREY if why[name] else marks.COLORS[0]))
            text = why[name] or units.ratio(ratio.value) + ("" if ratio.has_interval else " (no interval)")
            look = {"ha": "center", "bbox": charts.ON_WHITE}
            charts.write_beside(axes, text, (ratio.value, y), offset_pt=(0, 12), **look)
        charts.name_rows(axes, list(ratios))
        axes.set_ylim(len(ratios) - 0.5, -0.8)
        axes.margins(x=0.25)
        axes.set(xlabel="time / time of the baseline   (left of 1: faster)", title=title)
    facts = (f"{name}: {why[name] or units.ratio(ratio.value)}" for name, ratio in estimates.items())
    chart.alt = charts.described(title, facts)
    return chart


def _why_not(compared: Estimate | ComparisonReport) -> str:
    """The reason why a comparison gives no ratio; ``""`` if there is a ratio."""
    if isinstance(compared, Estimate) or compared.ratio.has_interval:
        return ""
    return f"{compared.outcome}: {compared.verdict.reason.partition(':')[0]}"


def _jobs(rows: Iterable[Summary], styles: Sequence[str]) -> dict[Job, dict[str, Summary]]:
    """Jobs (one photo in several styles) with the row of each style; jobs that lack a latency are left out."""
    jobs: dict[Job, dict[str, Summary]] = defaultdict(dict)
    for s in rows:
        is_default = s.trial.is_alone and not s.settings
        if is_default and s.trial.operation in styles and math.isfinite(s.latency.value):
            job = Job(s.trial.megapixels, way_of(s), s.environment)
            jobs[job][s.trial.operation] = s
    return {
        job: {style: of_style[style] for style in styles}
        for job, of_style in sorted(jobs.items())
        if len(of_style) == len(styles)
    }


def _draw_job(axes: Axes, y: int, rows: Mapping[str, Summary], colors: Mapping[str, str]) -> None:
    """Draw one bar of shares with their numbers, and write the time of the whole job on the right."""
    shares, wrong = _shares(rows), {style for style, s in rows.items() if s.is_failed}
    for style, bar in zip(rows, marks.draw_stack(axes, y, shares, colors, wrong=wrong), strict=True):
        if shares[style] < _LEAST_NAMED:
            continue
        is_dark = style not in wrong and np.dot(to_rgb(colors[style]), _LUMINANCE) <= 0.45
        text = f"{shares[style]:.0f} %"
        (number,) = axes.bar_label(bar, [text], label_type="center", fontsize=charts.SMALL_PT)
        number.set_color("white" if is_dark else "black")
        if style in wrong:
            number.set_bbox(charts.ON_WHITE)
    charts.write_beside(axes, units.seconds(sum(s.latency.value for s in rows.values())), (100, y))


def _shares(rows: Mapping[str, Summary]) -> dict[str, float]:
    """Share of each style in the sum of all latencies, %."""
    total_s = sum(s.latency.value for s in rows.values())
    return {style: 100 * s.latency.value / total_s for style, s in rows.items()}


def _job_text(job: Job, rows: Mapping[str, Summary]) -> str:
    parts = [
        f"{style} {share:.0f} %" + (f" ({marks.WRONG_TIME})" if rows[style].is_failed else "")
        for style, share in _shares(rows).items()
    ]
    return f"{job.size_text}, {job.way}: {', '.join(parts)}"
