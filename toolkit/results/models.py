"""Rows of models: what each and its way is called, the best row of each, and which can be held against each other."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from toolkit.contracts.measurement import Measurement
from toolkit.core import units
from toolkit.results.quality import metrics_of
from toolkit.results.summary import UNTRAINED, Summary, newest, summarise

_WHERE_DIFFERENT: tuple[Callable[[Summary], str], ...] = (
    lambda s: units.threads_text(s.trial.placement.threads),
    lambda s: units.workers_text(s.trial.workers),
    lambda s: f"{units.megapixels(s.trial.megapixels)} MP",
    lambda s: s.environment,
)
"""What a label says only where the rows differ in it."""


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


def model_of(s: Summary) -> str:
    """What is run, for people: ``carn_m x2``, ``matting prisma``, ``anime paprika (untrained)``."""
    return words_of(s) + f" ({UNTRAINED})" * s.measurement.is_untrained


def words_of(s: Summary) -> str:
    """The same without ``(untrained)``."""
    trial = s.trial
    how = {"tile", "reload", *(name for name, _ in trial.placement.options)}
    how |= {"device", "precision", "batch", "images"}
    named: list[str] = []
    for part in s.setting_parts:
        name, _, value = part.partition("=")
        if name in how or part == UNTRAINED or part.startswith("+ "):
            continue
        if name in ("model", "style"):
            named.insert(0, value)
        else:
            named.append(f"x{value}" if name == "scale" else part)
    return " ".join(dict.fromkeys([trial.operation, *named]))  # the large model of edsr is called edsr


def way_of(s: Summary) -> str:
    """How it is run, for people: ``openvino bf16``, ``torch fp32 compile=true``, ``onnxruntime fp32 batch 4``."""
    options = [f"{key}={str(value).lower()}" for key, value in s.trial.placement.options]
    options += [part for part in s.setting_parts if part.startswith(("device=", "tile=", "reload="))]
    batch = [f"batch {s.trial.batch}"] * (s.trial.batch > 1)
    return " ".join([s.trial.backend, s.precision, *options, *batch])


def labels_of(rows: Sequence[Summary]) -> list[tuple[str, str]]:
    """For each row its model and its way, as short as tells it from the others; ``untrained`` where it is.

    The model is empty where all are of one, which a title names.
    """
    words = [words_of(s).split() for s in rows]
    shared = set.intersection(*map(set, words)) if words else set()

    def model(parts: Sequence[str], s: Summary) -> str:
        own = " ".join(part for part in parts if part not in shared)
        if not own and len({model_of(row) for row in rows}) > 1:
            own = " ".join(parts)  # such as edsr beside edsr mobile
        return ", ".join([own] * bool(own) + [UNTRAINED] * s.measurement.is_untrained)

    telling = [text for text in _WHERE_DIFFERENT if len({text(s) for s in rows}) > 1]
    return [
        (model(parts, s), " ".join([way_of(s), *(text(s).replace(" ", "\u00a0") for text in telling)]))
        for parts, s in zip(words, rows, strict=True)
    ]


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
    return s.is_ok and not (s.measurement.is_untrained and s.precision == "int8")


def _model(s: Summary) -> tuple[object, ...]:
    return model_of(s), s.trial.images
