"""What stands below a picture: which way it was made, how long that takes, how good it is, and whether untrained."""

from __future__ import annotations

from toolkit.core.measurement import FAILED, Measurement
from toolkit.results import units
from toolkit.results.charts import WRONG
from toolkit.results.quality import AGREEMENT, metric_of, metrics_of, quality_of
from toolkit.results.summary import Summary, summarise


def caption_of(measurement: Measurement, *, metric: str | None = None) -> str:
    """Three short lines: what ran, its latency, its quality; ``untrained`` where it is.

    Parameters
    ----------
    metric : str, optional
        Key of a quality; default: the first that there is, else the agreement with the reference.
    """
    (s,) = summarise([measurement])
    return "\n".join([name_of(s), _time(s), *_quality(measurement, metric)])


def name_of(s: Summary) -> str:
    """``operation@backend``, precision and options, and ``untrained`` where it is."""
    options = [part for part in s.setting_parts if not part.startswith(("precision=", "images=", "scale="))]
    return " ".join([s.name, s.precision, *options])


def _time(s: Summary) -> str:
    batch = s.trial.batch
    text = units.seconds(s.latency.value / batch) + " a picture" * (batch > 1)
    return f"{text}, {WRONG}" if s.measurement.status == FAILED else text


def _quality(measurement: Measurement, metric: str | None) -> list[str]:
    metrics = metrics_of([measurement])
    chosen = metric_of(metric) if metric else (metrics[0] if metrics else AGREEMENT)
    value = quality_of(measurement, chosen)
    if value is None:
        return []
    return [f"{chosen.header}: equal"] if value == float("inf") else [chosen.text(value)]
