"""What stands beside a picture: which model, which way, how long that takes, how good it is, whether untrained."""

from __future__ import annotations

from toolkit.contracts.measurement import Measurement
from toolkit.core import units
from toolkit.results.rows.metric_names import AGREEMENT, metric_of, metrics_of, quality_of
from toolkit.results.rows.naming import model_of, way_of, words_of
from toolkit.results.rows.summary import UNTRAINED, summarise


def caption_of(measurement: Measurement, *, metric: str | None = None) -> str:
    """Three short lines: the model; ``untrained`` where it is, and its way; latency and quality.

    Parameters
    ----------
    metric : str, optional
        Key of a quality; default: the first that there is, else the agreement with the reference.
    """
    (s,) = summarise([measurement])
    return f"{words_of(s)}\n{way_caption_of(measurement, metric=metric)}"


def model_line_of(measurement: Measurement) -> str:
    """The model alone, with ``(untrained)`` where it is: a title."""
    return model_of(*summarise([measurement]))


def way_caption_of(measurement: Measurement, *, metric: str | None = None) -> str:
    """The same without the model, where all pictures are of one; a fourth line tells that a picture is wrong."""
    (s,) = summarise([measurement])
    batch = s.trial.batch
    time = units.seconds(s.latency.value / batch) + " a picture" * (batch > 1)
    lines = [way_line_of(measurement), ", ".join(filter(None, [time, _quality(measurement, metric)]))]
    return "\n".join(lines + ["disagrees with reference"] * s.is_failed)


def way_line_of(measurement: Measurement) -> str:
    """The way alone, behind ``untrained`` where it is."""
    (s,) = summarise([measurement])
    return ", ".join([UNTRAINED] * measurement.is_untrained + [way_of(s)])


def _quality(measurement: Measurement, metric: str | None) -> str:
    metrics = metrics_of([measurement])
    chosen = metric_of(metric) if metric else (metrics[0] if metrics else AGREEMENT)
    value = quality_of(measurement, chosen)
    if value is None:
        return ""
    if value == float("inf"):
        return "equals reference" if chosen is AGREEMENT else f"{chosen.header} equal"
    return chosen.text(value)
