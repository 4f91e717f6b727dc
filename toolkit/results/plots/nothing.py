"""What stands in place of a plot whose rows are missing: a sentence, never empty axes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Nothing:
    """A plot without data.

    Attributes
    ----------
    noun : str
        What the plot would have shown.
    reason : str
    """

    noun: str
    reason: str = "none of its rows has been measured"

    def __str__(self) -> str:
        return f"{self.noun}: not drawn, because {self.reason}."

    def _repr_markdown_(self) -> str:
        return f"*{self}*"
