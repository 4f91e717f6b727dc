"""The picture of one comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from toolkit.core import units

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from toolkit.results.sentences.verdicts import ComparisonReport

_COLORS = ("#0072B2", "#D55E00")  # Okabe & Ito's blue and vermilion
_MARKERS = ("o", "s")


def draw_rounds(report: ComparisonReport, ax: Axes | None = None) -> Axes:
    """Median of each process, round by round; on the right each side's estimate with its 95 % interval."""
    if ax is None:
        from matplotlib.figure import Figure

        ax = Figure(figsize=(7.0, 3.6), layout="constrained").add_subplot()
    scale, unit = units.time_unit([t for side in report.process_medians_s for t in side])
    rounds = max(len(side) for side in report.process_medians_s)
    for index, (label, medians, estimate) in enumerate(
        zip((report.baseline, report.candidate), report.process_medians_s, report.estimates, strict=True)
    ):
        style = {"color": _COLORS[index], "marker": _MARKERS[index]}
        ax.plot(np.arange(1, len(medians) + 1), _scaled(medians, scale), lw=0.8, ms=5, label=label, **style)  # type: ignore[arg-type]
        x = rounds + 1.2 + 0.6 * index
        if estimate.low is not None and estimate.high is not None:
            ends = _scaled([estimate.low, estimate.high], scale)
            ax.plot([x, x], ends, color=_COLORS[index], lw=2)
        ax.plot([x], [estimate.value / scale], ms=8, **style)  # type: ignore[arg-type]
    ax.axvline(rounds + 0.6, color="0.8", lw=1)
    ax.set_xlabel("round (right: estimate with 95 % interval)")
    ax.set_ylabel(f"time a picture ({unit})")
    ax.set_xticks([n for n in range(1, rounds + 1) if rounds <= 12 or n % 5 == 0])
    ax.set_title(f"{report.outcome}: {report.verdict.ratio:.3f} x the time", fontsize=11, loc="left")
    ax.legend(fontsize=9, frameon=False)
    ax.grid(axis="y", color="0.92")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def _scaled(values_s: Sequence[float], scale: float) -> list[float]:
    return [v / scale for v in values_s]
