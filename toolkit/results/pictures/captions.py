"""Captions of pictures: model, ``untrained``, backend with options, latency and quality."""

from __future__ import annotations

from toolkit.core import units
from toolkit.results.rows.labels import model_of, way_of, words_of
from toolkit.results.rows.quality_metrics import AGREEMENT, metric_of, metrics_of, quality_of
from toolkit.results.rows.summarising import Measured, summarise
from toolkit.results.rows.summary import UNTRAINED, Summary


def caption_of(row: Measured, *, metric: str | None = None) -> str:
    """Caption of three lines: model; backend and options, after ``untrained`` for random weights; time and quality.

    Parameters
    ----------
    metric : str, optional
        Key of the quality metric in the caption; default: the first metric of the measurement, else the agreement
        with the reference.
    """
    (s,) = summarise([row])
    return f"{words_of(s)}\n{way_caption_of(s, metric=metric)}"


def model_line_of(row: Measured) -> str:
    """The name of the model for a title, with ``(untrained)`` for random weights."""
    return model_of(*summarise([row]))


def way_caption_of(row: Measured, *, metric: str | None = None) -> str:
    """Caption for pictures of one model: backend, options, time and quality; a last line marks a wrong picture."""
    (s,) = summarise([row])
    time, quality = units.seconds(s.picture.value), _quality(s, metric)
    if s.trial.batch > 1:
        time += " per picture"
    lines = [way_line_of(s), f"{time}, {quality}" if quality else time]
    if s.is_failed:
        lines.append("disagrees with reference")
    return "\n".join(lines)


def way_line_of(row: Measured) -> str:
    """Backend, precision and options, after ``untrained`` for random weights."""
    (s,) = summarise([row])
    return f"{UNTRAINED}, {way_of(s)}" if s.is_untrained else way_of(s)


def _quality(s: Summary, metric: str | None) -> str:
    chosen = metric_of(metric) if metric else next(iter(metrics_of([s])), AGREEMENT)
    value = quality_of(s, chosen)
    if value is None:
        return ""
    if value == float("inf"):
        return "equals reference" if chosen is AGREEMENT else f"{chosen.header} equal"
    return chosen.text(value)
