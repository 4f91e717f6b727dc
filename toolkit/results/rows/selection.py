"""Select the fastest row of each model, precision or backend, and sets of rows that can be compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from toolkit.core.choices import Precision
from toolkit.results.rows.labels import model_of, words_of
from toolkit.results.rows.quality_metrics import metrics_of
from toolkit.results.rows.summarising import Measured, newest_rows
from toolkit.results.rows.summary import Summary

_Part = Callable[[Summary], tuple[object, ...]]


def fastest_of_each(measured: Iterable[Measured]) -> list[Summary]:
    """For each model, its fastest row with a right picture at the largest size, sorted by speed.

    A model is an operation with its parameters; only rows of one worker are used.
    """
    return _first_of_each(sorted(right_rows(newest_rows(measured)), key=_picture_s), lambda s: ())


def each_precision(measured: Iterable[Measured]) -> list[Summary]:
    """For each model and precision, the fastest row at the largest size, preferably with a right picture."""
    return _fastest_by(measured, lambda s: (s.precision,))


def each_way(measured: Iterable[Measured]) -> list[Summary]:
    """For each model, backend with options, device and precision, the fastest row at the largest size."""
    return _fastest_by(
        measured,
        lambda s: (s.trial.backend, s.trial.placement.device, s.trial.placement.options, s.precision),
    )


def comparable(measured: Iterable[Measured]) -> list[list[Summary]]:
    """Sets of rows that can be compared with each other; sets of one row are left out.

    There is one set if rows of two or more models were compared with a ground truth. Without a ground truth each model
    has its own set, because agreement with a model's fp32 output says nothing about another model.
    """
    rows = [s for s in newest_rows(measured) if s.is_timed]
    judged = {model_of(s) for s in rows if metrics_of([s])}
    sets = [rows] if len(judged) > 1 else list(by_model(rows).values())
    return [members for members in sets if len(members) > 1]


def by_model(rows: Iterable[Summary]) -> dict[str, list[Summary]]:
    """Group rows by the name of their model, in the order in which the models first appear."""
    found: dict[str, list[Summary]] = defaultdict(list)
    for s in rows:
        found[model_of(s)].append(s)
    return found


def right_rows(rows: Iterable[Summary]) -> list[Summary]:
    """Rows with right pictures and one worker at the largest size, without int8 rows of untrained weights."""
    right = (s for s in rows if s.is_ok and s.is_timed and s.trial.is_alone)
    return at_largest_size(s for s in right if not (s.is_untrained and s.precision == Precision.INT8))


def at_largest_size(rows: Iterable[Summary]) -> list[Summary]:
    """Rows whose input has the most pixels."""
    rows = list(rows)
    largest = max((s.trial.megapixels for s in rows), default=0.0)
    return [s for s in rows if s.trial.megapixels == largest]


def _fastest_by(measured: Iterable[Measured], part: _Part) -> list[Summary]:
    """For each model and `part`, the fastest row at the largest size, preferably with a right picture."""
    rows = at_largest_size(s for s in newest_rows(measured) if s.trial.is_alone and s.is_timed)
    best = _first_of_each(sorted(rows, key=lambda s: (not s.is_ok, _picture_s(s))), part)
    return sorted(best, key=lambda s: (words_of(s), s.precision, s.name))


def _first_of_each(rows: Iterable[Summary], part: _Part) -> list[Summary]:
    best: dict[tuple[object, ...], Summary] = {}
    for s in rows:
        best.setdefault((s.environment, model_of(s), s.trial.images, *part(s)), s)
    return list(best.values())


def _picture_s(s: Summary) -> float:
    return s.picture.value
