"""Draw series of measurements as curves: marker and name of each curve, its points, and the fitted law."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from matplotlib.artist import Artist
from matplotlib.axes import Axes

from toolkit.analysis.power_law import PowerLaw
from toolkit.analysis.stats import Estimate
from toolkit.core.units import threads_text, workers_text
from toolkit.results.plots import marks
from toolkit.results.plots.charts import write_beside
from toolkit.results.plots.marks import COLORS, INK, LINES, MARKERS, Mark
from toolkit.results.rows.summary import Series, Summary


@dataclass(frozen=True)
class Curve:
    """One curve of a chart: its marker and colour, its name in the legend, and its measurements (rows)."""

    series: Series
    mark: Mark
    name: str
    rows: list[Summary]

    @property
    def right(self) -> list[Summary]:
        """The measurements of this curve whose pictures are right."""
        return [s for s in self.rows if s.is_ok]


def curves_of(
    rows: Iterable[Summary], *, series_of: Callable[[Summary], Series] = lambda s: s.series
) -> list[Curve]:
    """Make a curve for each series: colour and marker by operation and backend, dash by threads and workers.

    If the series differ only in the backend, each curve has the colour of its backend.
    """
    groups: dict[Series, list[Summary]] = defaultdict(list)
    for s in rows:
        groups[series_of(s)].append(s)
    whats = sorted({(key.name, key.settings, key.environment) for key in groups})
    places = sorted({(key.threads, key.workers) for key in groups})
    of_backend = marks.backend_colors(key.backend for key in groups)
    is_of_backends = len(of_backend) == len(whats) > 1
    curves = []
    for key, own in groups.items():
        what = whats.index((key.name, key.settings, key.environment))
        mark = Mark(
            of_backend[key.backend] if is_of_backends else COLORS[what % len(COLORS)],
            # If there are more names than colours, each colour is used again with another marker.
            MARKERS[(what + what // len(COLORS)) % len(MARKERS)],
            LINES[places.index((key.threads, key.workers)) % len(LINES)],
        )
        curves.append(Curve(key, mark, _name(key, list(groups)), own))
    return curves


def title_of(noun: str, curves: Sequence[Curve]) -> str:
    """The title of a chart: a noun, and in parentheses the backend, threads and workers that all curves share."""
    series = [curve.series for curve in curves]
    properties = (
        {key.backend for key in series},
        {threads_text(key.threads) for key in series},
        {workers_text(key.workers) for key in series if key.workers},
    )
    shared = [text for texts in properties if len(texts) == 1 for text in texts]
    return f"{noun} ({', '.join(shared)})" if shared else noun


def draw_curve(
    axes: Axes,
    curve: Curve,
    *,
    x: Callable[[Summary], float],
    y: Callable[[Summary], Estimate | None],
    factor: float = 1.0,
    law: PowerLaw | None = None,
) -> None:
    """Draw a point for each row with a value, and the fitted law or straight lines through rows with right pictures.

    A row with a wrong picture is a hollow point outside of the line; a row that was measured on a busy machine has a
    question mark. `factor` converts the values of `y` and of the law to the unit of the axis.
    """
    mark, right = curve.mark, []
    for s in curve.rows:
        if (value := y(s)) is None:
            continue
        at = x(s), factor * value.value
        marks.draw_point(axes, at[0], value.scaled(factor), mark, is_wrong=s.is_failed)
        if s.measurement.suspect:
            look = {"va": "baseline", "fontsize": 9, "color": mark.color, "fontweight": "bold"}
            write_beside(axes, "?", at, offset_pt=(5, 3), **look)
        if s.is_ok:
            right.append(at)
    if law is None:
        axes.plot([x for x, _ in right], [y for _, y in right], mark.line, color=mark.color, linewidth=1.2)
        return
    first, last = min(right)[0], max(right)[0]
    grid = [first * (last / first) ** (n / 40) for n in range(41)]
    middle, low, high = (factor * values for values in law.predict(grid))
    axes.plot(grid, middle, mark.line, color=mark.color)
    axes.fill_between(grid, low, high, color=mark.color, alpha=0.13, linewidth=0)


def mark_handles(rows: Sequence[Summary], *, hollow: str) -> list[Artist]:
    """The legend's entries for measurements with a wrong picture and for measurements on a busy machine."""
    handles = marks.hollow_handles(rows, f"hollow: {hollow}")
    if any(s.measurement.suspect for s in rows):
        handles.append(Mark(INK, "$?$", "").handle("suspect: the machine was busy"))
    return handles


def _name(key: Series, series: Sequence[Series]) -> str:
    """The name of a curve: its operation, and the properties in which the series differ."""
    texts = {"threads": threads_text(key.threads), "workers": workers_text(key.workers)}
    texts["environment"] = key.environment
    differing = [text for field, text in texts.items() if len({getattr(k, field) for k in series}) > 1]
    name = key.name if len({k.backend for k in series}) > 1 else key.operation
    return ", ".join(filter(None, [name, key.settings, *differing]))
