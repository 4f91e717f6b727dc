"""Names for rows: what a table, a legend or a title calls them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePath

from toolkit.contracts.outcome import Status
from toolkit.core import units
from toolkit.core.choices import Device
from toolkit.core.params import pair_text, value_text
from toolkit.results.rows.summary import UNTRAINED, Summary, picture_settings

_MANY = 3


"""Rows of one question from which on a line above them helps the eye."""


def in_order(rows: Iterable[Summary]) -> list[Summary]:
    """Rows that do the same together, by size; the fastest first, what failed or was skipped last."""
    rows = list(rows)
    firsts: dict[tuple[object, ...], int] = {}
    for s in rows:
        firsts.setdefault(_but_size(s), len(firsts))
    rank = list(Status).index

    def place(s: Summary) -> tuple[object, ...]:
        latency = s.latency.value if math.isfinite(s.latency.value) else math.inf
        size = (s.trial.width * s.trial.height, s.trial.width)
        return (s.trial.operation, firsts[_but_size(s)], size, rank(s.measurement.status), latency)

    return sorted(rows, key=place)


def group_starts(rows: Sequence[Summary]) -> list[int]:
    """Rows before which a line is drawn: those that start another operation, or another question with many rows."""
    large = {group for group, count in Counter(s.group for s in rows).items() if count >= _MANY}

    def starts(before: Summary, s: Summary) -> bool:
        return before.trial.operation != s.trial.operation or (
            before.group != s.group and bool({before.group, s.group} & large)
        )

    return [n for n, s in enumerate(rows) if n == 0 or starts(rows[n - 1], s)]


def shared_text(rows: Sequence[Summary]) -> str:
    """What all rows have in common, for a title; empty without rows.

    Never says that they are untrained: that stands in every row.
    """
    if not rows:
        return ""
    first = rows[0]
    parts = sorted(_shared_parts(rows), key=first.setting_parts.index)
    # Paths of many pictures would fill a title; the notes below a table name them.
    parts = [pictures_text(first) if part.startswith("images=") else part for part in parts]
    if len({_size(s) for s in rows}) == 1:
        parts.append(
            f"{first.trial.width} x {first.trial.height} px ({units.megapixels(first.trial.megapixels)} MP)"
        )
    if len({s.trial.placement.threads for s in rows}) == 1:
        parts.append(units.threads_text(first.trial.placement.threads))
    if len({s.trial.workers for s in rows}) == 1:
        parts.append(units.workers_text(first.trial.workers))
    return ", ".join(parts)


def title_of(noun: str, rows: Sequence[Summary]) -> str:
    """The noun and what all rows share, their operation among it, and ``untrained`` where all are: a chart's title."""
    operations = {s.trial.operation for s in rows}
    parts = list(operations) * (len(operations) == 1)
    parts += [UNTRAINED] * all(s.measurement.is_untrained for s in rows)
    text = ", ".join(filter(None, [*parts, shared_text(rows)])).removesuffix(", 1 worker")
    return f"{noun}: {text}" if rows and text else noun


def pictures_text(s: Summary) -> str:
    """How many pictures of one's own a row was measured on, and the name of a single one."""
    names = [PurePath(name).name for name in s.trial.images]
    return names[0] if len(names) == 1 else f"{len(names)} pictures"


def _shared_parts(rows: Sequence[Summary]) -> set[str]:
    """Settings of all rows; of a single row, which keeps its settings beside its name, the pictures alone."""
    if not rows:
        return set()
    shared = set.intersection(*(set(s.setting_parts) for s in rows)) - {UNTRAINED}
    return shared if len(rows) > 1 else {part for part in shared if part.startswith("images=")}


def _has_column(part: str) -> bool:
    return part.startswith(("device=", "precision="))


def _but_size(s: Summary) -> tuple[object, ...]:
    return (*s.group[:5], s.trial.batch)


def _size(s: Summary) -> tuple[int, int]:
    return s.trial.width, s.trial.height


_WHERE_DIFFERENT: tuple[Callable[[Summary], str], ...] = (
    lambda s: units.threads_text(s.trial.placement.threads),
    lambda s: units.workers_text(s.trial.workers),
    lambda s: f"{units.megapixels(s.trial.megapixels)} MP",
    lambda s: s.environment,
)


"""What a label says only where the rows differ in it."""


def model_of(s: Summary) -> str:
    """What is run, for people: ``carn_m x2``, ``matting prisma``, ``anime paprika (untrained)``."""
    return words_of(s) + f" ({UNTRAINED})" * s.measurement.is_untrained


def words_of(s: Summary) -> str:
    """The same without ``(untrained)``."""
    named: list[str] = []
    for name, value in picture_settings(s.trial):
        if name in ("model", "style"):
            named.insert(0, value_text(value))
        else:
            named.append(f"x{value}" if name == "scale" else pair_text(name, value))
    return " ".join(dict.fromkeys([s.trial.operation, *named]))  # the large model of edsr is called edsr


def way_of(s: Summary) -> str:
    """How it is run, for people: ``openvino bf16``, ``torch fp32 compile=true``, ``onnxruntime fp32 batch 4``."""
    place = s.trial.placement
    settings = [*place.options, *s.trial.way_params]
    if place.device != Device.CPU:
        settings.append(("device", place.device))
    words = [s.trial.backend, s.precision, *(pair_text(*setting) for setting in settings)]
    if s.trial.batch > 1:
        words.append(f"batch {s.trial.batch}")
    return " ".join(words)


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
