"""What a search makes as small as possible."""

from __future__ import annotations

from toolkit.core.choices import Choice
from toolkit.core.errors import invalid


class Objective(Choice):
    """What a search makes as small as possible: seconds a call, seconds a picture of all workers, or peak bytes."""

    LATENCY = "latency"
    THROUGHPUT = "throughput"
    MEMORY = "memory"


def require_objective(text: str) -> str:
    """The objective of this name.

    Raises
    ------
    InvalidValue
    """
    if text not in tuple(Objective):
        raise invalid("minimize", "a search", f"one of {', '.join(Objective)}", text)
    return text
