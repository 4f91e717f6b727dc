"""Bars: the share of each style in a job, and ratios to a baseline."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from matplotlib.colors import to_rgb
from matplotlib.patches import Patch

from toolkit.analysis.stats import Estimate
from toolkit.contracts.measurement import Measurement
from toolkit.core import units
from toolkit.results.plots.charts import COLORS, MARKERS, WRONG, Chart, look, new_chart
from toolkit.results.plots.lines import Style, draw_interval
from toolkit.results.rows.summary import Summary, newest, summarise


def share_plot(measurements: Iterable[Measurement], *, styles: Sequence[str]) -> Chart:
    """The share of each style in the job that makes all of them from one photo, a bar for each size.

    One worker, default parameters; a bar needs the latency of every style on one backend and thread count.
    """
    bars = job_bars(summarise(newest(measurements)), styles)
    configurations = {key[1:] for key in bars}
    colors = dict(zip(sorted(styles), COLORS, strict=False))
    wrong_somewhere = any(s.is_failed for job in bars.values() for s in job.values())
    with look():
        chart = new_chart(1.7 + 0.42 * max(1, len(bars)))
        axes = chart.subplots()
        names = []
        for row, ((size, backend, threads, _), job) in enumerate(bars.items()):
            total, left = sum(s.latency.value for s in job.values()), 0.0
            for style in styles:
                share = 100 * job[style].latency.value / total
                wrong = job[style].is_failed
                face = "white" if wrong else colors[style]
                axes.barh(
                    row, share, left=left, color=face, edgecolor=colors[style], hatch="///" if wrong else ""
                )
                if share >= 7:
                    axes.text(
                        left + share / 2,
                        row,
                        f"{share:.0f} %",
                        ha="center",
                        va="center",
                        color="black" if wrong else _ink(colors[style]),
                        fontsize=9.5,
                        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0} if wrong else None,
                    )
                left += share
            axes.text(101, row, units.seconds(total), va="center", fontsize=9.5)
            name = f"{units.megapixels(size)} MP"
            names.append(
                name if len(configurations) == 1 else f"{name}, {backend}, {units.threads_text(threads)}"
            )
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.grid(visible=False)
        axes.set(xlim=(0, 112), xlabel="share of the job's time, % (right: time of the whole job)")
        axes.set_xticks(range(0, 101, 20))
        one = next(iter(configurations)) if len(configurations) == 1 else None
        axes.set_title(
            f"The {len(styles)}-style job" + (f" ({one[0]}, {units.threads_text(one[1])})" if one else "")
        )
        handles: list[Patch] = [Patch(facecolor=colors[style], label=style) for style in styles]
        handles += [Patch(facecolor="white", edgecolor="#555555", hatch="///", label=WRONG)] * wrong_somewhere
        chart.legend(
            handles=handles, loc="outside lower center", ncols=5, columnspacing=1.2, handlelength=1.2
        )
    chart.alt = f"Share of each style in the job of {len(styles)} styles. " + " ".join(
        f"{units.megapixels(key[0])} MP, {key[1]}: "
        + ", ".join(
            f"{style} {100 * job[style].latency.value / sum(s.latency.value for s in job.values()):.0f} %"
            + (f" ({WRONG})" if job[style].is_failed else "")
            for style in styles
        )
        + "."
        for key, job in bars.items()
    )
    return chart


def ratio_plot(ratios: Mapping[str, Estimate], *, title: str = "Time relative to the baseline") -> Chart:
    """Ratios of latency with their 95 % intervals, one line each; left of 1 is faster than the baseline."""
    with look():
        chart = new_chart(1.3 + 0.4 * max(1, len(ratios)))
        axes = chart.subplots()
        for row, ratio in enumerate(ratios.values()):
            style = Style("", COLORS[0], MARKERS[0], "-")
            draw_interval(axes, (ratio.value, row), ratio, 1.0, style, lies=True)
            axes.plot(ratio.value, row, marker=style.marker, color=style.color)
            axes.annotate(
                f"{units.ratio(ratio.value)}" + ("" if ratio.has_interval else " (no interval)"),
                (ratio.value, row),
                xytext=(0, 7),
                textcoords="offset points",
                ha="center",
                fontsize=9.5,
            )
        axes.axvline(1, color="#555555", linewidth=1)
        axes.set_yticks(range(len(ratios)), list(ratios))
        axes.set_ylim(len(ratios) - 0.5, -0.7)
        axes.margins(x=0.25)
        axes.grid(visible=False, axis="y")
        axes.set(xlabel="time / time of the baseline   (left of 1: faster)", title=title)
    chart.alt = f"{title}. " + " ".join(
        f"{name}: {units.ratio(ratio.value)}." for name, ratio in ratios.items()
    )
    return chart


def job_bars(
    rows: Iterable[Summary], styles: Sequence[str]
) -> dict[tuple[float, str, int, str], dict[str, Summary]]:
    """For each (megapixels, backend, threads, environment) that has them all: style to its row."""
    jobs: dict[tuple[float, str, int, str], dict[str, Summary]] = defaultdict(dict)
    for s in rows:
        alone = s.trial.workers == 1 and not s.settings
        if alone and s.trial.operation in styles and math.isfinite(s.latency.value):
            key = (s.trial.megapixels, s.trial.backend, s.trial.placement.threads, s.environment)
            jobs[key][s.trial.operation] = s
    return {key: job for key, job in sorted(jobs.items()) if len(job) == len(styles)}


def _ink(color: str) -> str:
    """Black or white, whichever is readable on the colour (relative luminance, sRGB weights)."""
    red, green, blue = to_rgb(color)
    return "black" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.45 else "white"
