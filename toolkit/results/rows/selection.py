"""Rows of models: what each and its way is called, the best row of each, and which can be held against each other."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable

from toolkit.contracts.measurement import Measurement
from toolkit.core.choices import Precision
from toolkit.results.rows.metric_names import metrics_of
from toolkit.results.rows.naming import model_of, words_of
from toolkit.results.rows.summary import Summary, newest, summarise


def fastest_of_each(measurements: Iterable[Measurement]) -> list[Measurement]:
    """For each model its fastest right row at the largest size, models in order of speed.

    A model is an operation with its parameters; one worker only.
    """
    rows = right_rows(summarise(newest(measurements)))
    best: dict[tuple[object, ...], Summary] = {}
    for s in sorted(rows, key=a_picture_s):
        best.setdefault((s.environment, *_model(s)), s)
    return [s.measurement for s in best.values()]


def each_precision(measurements: Iterable[Measurement]) -> list[Measurement]:
    """For each model and precision its fastest row at the largest size; a wrong one only where none is right."""
    return _fastest_by(measurements, lambda s: (s.precision,))


def each_way(measurements: Iterable[Measurement]) -> list[Measurement]:
    """For each model, backend with its options, device and precision its fastest row at the largest size."""
    return _fastest_by(
        measurements,
        lambda s: (
            s.trial.backend,
            s.trial.placement.device,
            s.trial.placement.options,
            s.precision,
        ),
    )


def comparable(measurements: Iterable[Measurement]) -> list[list[Measurement]]:
    """Sets of rows that can be held against each other; sets of one row are left out.

    One set where a ground truth tells whose picture is better, of two models at least; else one for each model,
    because agreement with one's own fp32 says nothing of another model.
    """
    rows = [s for s in summarise(newest(measurements)) if math.isfinite(s.latency.value)]
    judged = {model_of(s) for s in rows if metrics_of([s.measurement])}
    sets = [rows] if len(judged) > 1 else list(by_model(rows).values())
    return [[s.measurement for s in members] for members in sets if len(members) > 1]


def by_model(rows: Iterable[Summary]) -> dict[str, list[Summary]]:
    """Rows under the name of their model, in the order in which the models come."""
    found: dict[str, list[Summary]] = defaultdict(list)
    for s in rows:
        found[model_of(s)].append(s)
    return found


def right_rows(rows: Iterable[Summary]) -> list[Summary]:
    """Right rows of one worker at the largest size that was measured."""
    rows = [s for s in rows if _is_right(s) and s.trial.workers == 1 and math.isfinite(s.latency.value)]
    largest = max((s.trial.width * s.trial.height for s in rows), default=0)
    return [s for s in rows if s.trial.width * s.trial.height == largest]


def a_picture_s(s: Summary) -> float:
    """Seconds a picture: the latency over the pictures of a call."""
    return s.latency.value / s.trial.batch


def _fastest_by(
    measurements: Iterable[Measurement], way: Callable[[Summary], tuple[object, ...]]
) -> list[Measurement]:
    """The fastest of the largest size for each model and way, right ones before wrong ones."""
    rows = [s for s in summarise(newest(measurements)) if s.trial.workers == 1]
    rows = [s for s in rows if math.isfinite(s.latency.value)]
    largest = max((s.trial.width * s.trial.height for s in rows), default=0)
    best: dict[tuple[object, ...], Summary] = {}
    for s in sorted(rows, key=lambda s: (not s.is_ok, a_picture_s(s))):
        if s.trial.width * s.trial.height == largest:
            best.setdefault((s.environment, *_model(s), *way(s)), s)
    return [s.measurement for s in sorted(best.values(), key=lambda s: (words_of(s), s.precision, s.name))]


def _is_right(s: Summary) -> bool:
    """Whether its picture was held against the reference and agreed; int8 of untrained weights is not judged."""
    return s.is_ok and not (s.measurement.is_untrained and s.precision == Precision.INT8)


def _model(s: Summary) -> tuple[object, ...]:
    return model_of(s), s.trial.images
