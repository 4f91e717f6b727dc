"""Captions of pictures: the model, whether it is untrained, the way it ran, its latency and its quality."""

from __future__ import annotations

from toolkit.contracts.measurement import Measurement
from toolkit.core import units
from toolkit.results.rows.metric_names import AGREEMENT, metric_of, metrics_of, quality_of
from toolkit.results.rows.naming import model_of, way_of, words_of
from toolkit.results.rows.summary import UNTRAINED, summarise


def caption_of(measurement: Measurement, *, metric: str | None = None) -> str:
    """Three short lines: the model; its way, after ``untrained`` where it is; latency and quality.

    Parameters
    ----------
    metric : str, optional
        Key of a quality; default: the first that the measurement has, else the agreement with the reference.
    """
    (s,) = summarise([measurement])
    return f"{words_of(s)}\n{way_caption_of(measurement, metric=metric)}"


def model_line_of(measurement: Measurement) -> str:
    """The model alone, with ``(untrained)`` where it is: a title."""
    return model_of(*summarise([measurement]))


def way_caption_of(measurement: Measurement, *, metric: str | None = None) -> str:
    """The same without the model, for pictures of one model; a further line says that a picture is wrong."""
    (s,) = summarise([measurement])
    time, quality = units.seconds(s.latency.value / s.trial.batch), _quality(measurement, metric)
    if s.trial.batch > 1:
        time += " per picture"
    lines = [way_line_of(measurement), f"{time}, {quality}" if quality else time]
    if s.is_failed:
        lines.append("disagrees with reference")
    return "\n".join(lines)


def way_line_of(measurement: Measurement) -> str:
    """The way alone, after ``untrained`` where it is."""
    way = way_of(*summarise([measurement]))
    return f"{UNTRAINED}, {way}" if measurement.is_untrained else way


def _quality(measurement: Measurement, metric: str | None) -> str:
    chosen = metric_of(metric) if metric else next(iter(metrics_of([measurement])), AGREEMENT)
    value = quality_of(measurement, chosen)
    if value is None:
        return ""
    if value == float("inf"):
        return "equals reference" if chosen is AGREEMENT else f"{chosen.header} equal"
    return chosen.text(value)
