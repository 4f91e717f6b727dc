"""Plot one comparison: the times of baseline and candidate in each round."""

from __future__ import annotations

from matplotlib.axes import Axes

from toolkit.core import units
from toolkit.results.plots import charts
from toolkit.results.plots.marks import COLORS, MARKERS, PALE, Mark, draw_point
from toolkit.results.sentences.verdicts import ComparisonReport


def draw_rounds(report: ComparisonReport, ax: Axes | None = None) -> Axes:
    """Plot the median time of each process by round; on the right, the estimated times of both trials."""
    scale, unit = units.time_unit([t for side in report.process_medians_s for t in side])
    rounds = max(len(side) for side in report.process_medians_s)
    sides = zip((report.baseline, report.candidate), report.process_medians_s, report.estimates, strict=True)
    with charts.look():
        ax = charts.new_chart(3.6).subplots() if ax is None else ax
        for number, (label, medians_s, estimate) in enumerate(sides):
            mark = Mark(COLORS[number], MARKERS[number])
            places, medians = range(1, len(medians_s) + 1), [median_s / scale for median_s in medians_s]
            ax.plot(places, medians, f"{mark.marker}-", color=mark.color, lw=0.8, ms=5, label=label)
            draw_point(ax, rounds + 1.2 + 0.6 * number, estimate.scaled(1 / scale), mark, markersize=8)
        ax.axvline(rounds + 0.6, color=PALE, linewidth=1)
        ax.set_xticks([n for n in range(1, rounds + 1) if rounds <= 12 or n % 5 == 0])
        ax.grid(visible=False, axis="x")
        ax.set_xlabel("round (on the right: estimated times with 95 % intervals)")
        ax.set_ylabel(f"time per picture, {unit}")
        apart = " (measured apart, not in turns)" if report.verdict.is_apart else ""
        ax.set_title(f"{report.outcome}: {report.verdict.ratio:.3f} x the time of the baseline{apart}")
        ax.legend()
    return ax
