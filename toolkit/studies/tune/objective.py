"""The quantity that a search for settings minimises: latency, throughput or memory."""

from __future__ import annotations

from toolkit.core.choices import Choice
from toolkit.core.errors import invalid


class Objective(Choice):
    """The quantity that a search minimises: seconds per call, seconds per picture of all workers, or peak bytes."""

    LATENCY = "latency"
    THROUGHPUT = "throughput"
    MEMORY = "memory"


def require_objective(text: str) -> str:
    """Check that a text names an objective of a search, and return the text.

    Raises
    ------
    InvalidValue
    """
    if text not in tuple(Objective):
        raise invalid("minimize", "a search", f"one of {', '.join(Objective)}", text)
    return text
