"""Phrases on the cards of several reports: names of operations, times, factors, and whether a picture is right."""

from __future__ import annotations

import re
from collections.abc import Sequence

from toolkit.contracts.operation import OPERATIONS
from toolkit.core import units
from toolkit.results.rows.labels import model_of
from toolkit.results.rows.summary import Summary

BUSY_ROWS = "Less sure: other processes took processor time during every measurement."


def title_of(s: Summary) -> str:
    """The operation with its model, as a heading: ``Oil painting``, ``EDSR mobile x2``."""
    text = noun_of(s)
    return text[0].upper() + text[1:]


def noun_of(s: Summary) -> str:
    """The operation with its model, within a sentence: ``oil painting``, ``EDSR mobile x2``."""
    name = s.trial.operation
    summary = OPERATIONS[name].summary if name in OPERATIONS else ""
    written = re.search(rf"\b{name.replace('_', '[-_ ]')}\b", summary, re.IGNORECASE)
    is_acronym = written is not None and sum(map(str.isupper, written[0])) > 1
    text = model_of(s)
    if written is not None and is_acronym:
        text = text.replace(name, written[0], 1)
    return text.replace("_", " ")


def cost_of(s: Summary) -> str:
    """Time of one picture, as text with a unit."""
    return units.seconds(s.picture.value)


def range_text(values: Sequence[float]) -> str:
    """The least and the largest of some factors with two digits each, or one number if their texts are equal.

    >>> range_text([1.98, 2.21]), range_text([13.7, 13.9, 56.2])
    ('2.0 to 2.2', '14 to 56')
    """
    low, high = (units.number(value, digits=2) for value in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def rightness_of(rows: Sequence[Summary]) -> tuple[str, bool]:
    """A sentence that says whether pictures agree with their reference picture; empty if none was compared."""
    judged = [s for s in rows if s.measurement.agreement is not None]
    wrong = [s for s in judged if s.is_failed]
    if wrong:
        sizes = ", ".join(dict.fromkeys(f"{units.megapixels(s.trial.megapixels)} MP" for s in wrong))
        return f"Wrong at {sizes}: the picture differs from the reference.", False
    if not judged:
        return "", True
    most = max(s.measurement.agreement.max_abs for s in judged if s.measurement.agreement)
    if not most:
        return "Right: the picture is equal to the reference.", True
    levels = "1 grey level" if most == 1 else f"{most} grey levels"
    return f"Right: the picture is within {levels} of the reference.", True
