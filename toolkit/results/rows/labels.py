"""Make the names of rows for tables, legends and titles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePath

from toolkit.core import units
from toolkit.core.params import pair_text, value_text
from toolkit.results.rows.settings import picture_settings
from toolkit.results.rows.summary import UNTRAINED, Summary

# Functions that write a part of a row's label; a part that is equal in all rows is left out of the labels.
_PLACES: tuple[Callable[[Summary], str], ...] = (
    lambda s: units.threads_text(s.trial.placement.threads),
    lambda s: units.workers_text(s.trial.workers),
    lambda s: f"{units.megapixels(s.trial.megapixels)} MP",
    lambda s: s.environment,
)


def shared_text(rows: Sequence[Summary]) -> str:
    """The settings that all rows have in common, for a title; empty without rows.

    The word ``untrained`` is left out, because the name of each row contains it.
    """
    if not rows:
        return ""
    first = rows[0]
    parts = sorted(shared_parts(rows), key=first.setting_parts.index)
    # Paths of many pictures would fill a title; the notes below a table name the pictures.
    parts = [_pictures_text(first) if part.startswith("images=") else part for part in parts]
    if len({s.size for s in rows}) == 1:
        width, height = first.size
        parts.append(f"{width} x {height} px ({units.megapixels(first.trial.megapixels)} MP)")
    for text in _PLACES[:2]:
        if len({text(s) for s in rows}) == 1:
            parts.append(text(first))
    return ", ".join(parts)


def with_shared(title: str, rows: Sequence[Summary]) -> str:
    """A table's title, followed by the settings that all rows have in common."""
    shared = shared_text(rows)
    return f"{title}: {shared}" if shared else title


def shared_parts(rows: Sequence[Summary]) -> set[str]:
    """Settings that all rows share; for a single row only the pictures, because its name has the other settings."""
    if not rows:
        return set()
    shared = set.intersection(*(set(s.setting_parts) for s in rows)) - {UNTRAINED}
    return shared if len(rows) > 1 else {part for part in shared if part.startswith("images=")}


def title_of(noun: str, rows: Sequence[Summary]) -> str:
    """A chart's title: noun, operation, ``untrained`` if all rows are untrained, and settings that all rows share."""
    operations = {s.trial.operation for s in rows}
    parts = list(operations) if len(operations) == 1 else []
    if all(s.is_untrained for s in rows):
        parts.append(UNTRAINED)
    text = ", ".join(filter(None, [*parts, shared_text(rows)])).removesuffix(", 1 worker")
    return f"{noun}: {text}" if rows and text else noun


def model_of(s: Summary) -> str:
    """The model with its parameters: ``carn_m x2``, ``matting prisma``, ``anime paprika (untrained)``."""
    return f"{words_of(s)} ({UNTRAINED})" if s.is_untrained else words_of(s)


def words_of(s: Summary) -> str:
    """The model with its parameters, without ``(untrained)``."""
    named: list[str] = []
    for name, value in picture_settings(s.trial):
        if name in ("model", "style"):
            named.insert(0, value_text(value))
        else:
            named.append(f"x{value}" if name == "scale" else pair_text(name, value))
    # The operation edsr has a model that is also named edsr, and the label writes this name once.
    return " ".join(dict.fromkeys([s.trial.operation, *named]))


def way_of(s: Summary) -> str:
    """Backend, precision and options: ``openvino bf16``, ``torch fp32 compile=true``, ``onnxruntime fp32 batch 4``."""
    settings = [*s.trial.placement.options, *s.trial.way_params, *s.trial.unusual_keys("device")]
    words = [s.trial.backend, s.precision, *(pair_text(*setting) for setting in settings)]
    if s.trial.batch > 1:
        words.append(f"batch {s.trial.batch}")
    return " ".join(words)


def labels_of(rows: Sequence[Summary]) -> list[tuple[str, str]]:
    """For each row, its model and its backend with options, shortened to the words in which the rows differ.

    The word ``untrained`` is part of the model. The model is empty if all rows have the same model, because the title
    names that model.
    """
    words = [words_of(s).split() for s in rows]
    shared = set.intersection(*map(set, words)) if words else set()

    def model(parts: Sequence[str], s: Summary) -> str:
        own = " ".join(part for part in parts if part not in shared)
        if not own and len({model_of(row) for row in rows}) > 1:
            own = " ".join(parts)  # other models have all words of this name, as edsr beside edsr mobile
        return ", ".join(filter(None, [own, UNTRAINED if s.is_untrained else ""]))

    telling = [text for text in _PLACES if len({text(s) for s in rows}) > 1]
    return [
        (model(parts, s), " ".join([way_of(s), *(text(s).replace(" ", "\u00a0") for text in telling)]))
        for parts, s in zip(words, rows, strict=True)
    ]


def _pictures_text(s: Summary) -> str:
    names = [PurePath(name).name for name in s.trial.images]
    return names[0] if len(names) == 1 else f"{len(names)} pictures"
