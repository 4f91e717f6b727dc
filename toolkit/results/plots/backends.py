"""Every operation on every backend, at one size: how long a call takes, and how many times faster that is."""

from __future__ import annotations

import math
from collections.abc import Iterable

from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from toolkit.analysis.scaling import ratio_of
from toolkit.contracts.measurement import Measurement
from toolkit.core import units
from toolkit.core.errors import invalid
from toolkit.results.plots.charts import COLORS, MARKERS, WRONG, Chart, look, new_chart
from toolkit.results.plots.lines import Style, draw_interval
from toolkit.results.rows.summary import Summary, newest, summarise

Way = tuple[str, int]  # backend and threads


def backend_plot(measurements: Iterable[Measurement], *, baseline: str = "opencv") -> Chart:
    """Latency of each operation on each backend and thread count, with how many times faster than `baseline` it is.

    The ratio is that of equal thread counts. One size, one worker, no pre-steps; a failed row is hollow, and a ratio to
    it is a ratio to a wrong picture.

    Raises
    ------
    InvalidValue
        Nothing was timed.
    """
    rows = [s for s in summarise(newest(measurements)) if s.trial.workers == 1 and not s.trial.steps]
    rows = [s for s in rows if math.isfinite(s.latency.value)]
    if not rows:
        raise invalid("measurements", "backend_plot", "at least one row that was timed", "none")
    largest = max((s.trial.width, s.trial.height) for s in rows)
    rows = [s for s in rows if (s.trial.width, s.trial.height) == largest]
    ways: list[Way] = sorted({_way(s) for s in rows}, key=lambda way: (way[0] != baseline, *way))
    styles = {
        way: Style("", COLORS[i % len(COLORS)], MARKERS[i % len(MARKERS)], "-") for i, way in enumerate(ways)
    }
    by_question = {(_label(s), _way(s)): s for s in rows}
    labels = sorted({_label(s) for s in rows}, key=lambda label: -_slowest(rows, label))
    with look():
        chart = new_chart(1.5 + 0.32 * len(labels) * max(1, len(ways)))
        axes = chart.subplots()
        step = 0.8 / len(ways)
        for (label, way), s in by_question.items():
            y = labels.index(label) + (ways.index(way) - (len(ways) - 1) / 2) * step
            _draw(axes, s, y, styles[way], by_question.get((label, (baseline, way[1]))))
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: units.seconds(value)))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.margins(x=0.18)
        axes.set_yticks(range(len(labels)), labels)
        axes.set_ylim(len(labels) - 0.5, -0.5)
        axes.set(xlabel="time a picture, log axis (at its right: times faster than " + baseline + ")")
        axes.set_title(f"Every way of running it, {units.megapixels(rows[0].trial.megapixels)} MP")
        handles = [
            Line2D([], [], color=st.color, marker=st.marker, linestyle="", label=_words(w))
            for w, st in styles.items()
        ]
        if any(s.is_failed for s in rows):
            handles.append(
                Line2D(
                    [], [], color="#555555", marker="o", markerfacecolor="white", linestyle="", label=WRONG
                )
            )
        chart.legend(handles=handles, loc="outside lower center", ncols=3)
    chart.alt = "Time a picture on each backend. " + " ".join(
        f"{_label(s)} on {_words(_way(s))}: {units.seconds(s.latency.value)}"
        + (f" ({WRONG})." if s.is_failed else ".")
        for s in rows
    )
    return chart


def _draw(axes: object, s: Summary, y: float, style: Style, base: Summary | None) -> None:
    from matplotlib.axes import Axes

    assert isinstance(axes, Axes)
    wrong = s.is_failed
    if not wrong:
        draw_interval(axes, (s.latency.value, y), s.latency, 1.0, style, lies=True)
    axes.plot(
        s.latency.value,
        y,
        marker=style.marker,
        color=style.color,
        markerfacecolor="white" if wrong else style.color,
        linestyle="none",
    )
    if base is None or base is s or wrong:
        return
    faster = ratio_of(base.latency, s.latency)
    text = f"{units.ratio(faster.value)}" + (" (of a wrong picture)" if base.is_failed else "")
    axes.annotate(
        text,
        (s.latency.high or s.latency.value, y),
        xytext=(9, 0),
        textcoords="offset points",
        va="center",
        fontsize=9.5,
    )


def _way(s: Summary) -> Way:
    return s.trial.backend, s.trial.placement.threads


def _label(s: Summary) -> str:
    return f"{s.trial.operation} {s.settings}".strip()


def _slowest(rows: list[Summary], label: str) -> float:
    return max(s.latency.value for s in rows if _label(s) == label)


def _words(way: Way) -> str:
    backend, threads = way
    return f"{backend}, {threads} thread{'s' * (threads > 1)}"
