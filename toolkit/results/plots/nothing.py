"""A sentence that replaces a plot without data, so that a notebook never shows empty axes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Nothing:
    """The sentence that replaces a plot without data.

    Attributes
    ----------
    noun : str
        Subject of the plot, such as ``Latency against picture size``.
    reason : str
        Why there is no plot, as the end of a sentence.
    """

    noun: str
    reason: str = "the measurements that the plot needs are missing"

    def __str__(self) -> str:
        return f"{self.noun}: not drawn, because {self.reason}."

    def _repr_markdown_(self) -> str:
        return f"*{self}*"
