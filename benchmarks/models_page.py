"""The output of ``make bench-models``, printed and kept as Markdown: tables, missed minima, parts not judged."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "reports" / "models"
_FIRST_WIDTH, _WIDTH = 34, 11


@dataclass
class Page:
    """Prints tables row by row, and collects them for a Markdown file.

    Attributes
    ----------
    missed : list of str
        Required minima that were not reached; any of them makes the benchmark fail.
    partial : list of str
        Parts that could not be judged on this machine, and why.
    """

    missed: list[str] = field(default_factory=list)
    partial: list[str] = field(default_factory=list)
    _markdown: list[str] = field(default_factory=list)
    _started: float = field(default_factory=time.monotonic)

    def heading(self, text: str) -> None:
        print(f"\n{text}   [{time.monotonic() - self._started:.0f} s]", flush=True)
        self._markdown += ["", f"## {text}", ""]

    def say(self, text: str) -> None:
        print(text, flush=True)
        self._markdown += ["", text, ""]

    def table(
        self, columns: Sequence[str], rows: Iterable[Sequence[str]], *, first_width: int = _FIRST_WIDTH
    ) -> None:
        """Print a table, each row as soon as it is measured; columns after the first are aligned to the right."""
        widths = [first_width, *(max(_WIDTH, len(column)) for column in columns[1:])]
        lines: list[Sequence[str]] = []
        for row in chain([columns], rows):
            lines.append(row)
            cells = [text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True)]
            print(" ".join([row[0].ljust(widths[0]), *cells]).rstrip(), flush=True)
        written = [f"| {' | '.join(row)} |" for row in lines]
        self._markdown += ["", written[0], "|---|" + "---:|" * (len(columns) - 1), *written[1:], ""]

    def require(self, is_kept: bool, sentence: str) -> str:
        """Record a missed minimum; returns the word for the table's last column."""
        if not is_kept:
            self.missed.append(sentence)
            print(f"MISSED: {sentence}", flush=True)
        return "yes" if is_kept else "MISSED"

    def without(self, reason: str) -> None:
        """Record a part that is not judged."""
        self.partial.append(reason)
        print(f"PARTIAL: {reason}", flush=True)

    def close(self, name: str) -> int:
        """Print the verdict, write the page to ``reports/models/NAME.md``, and return the exit code."""
        print()
        verdict = [f"MISSED: {sentence}" for sentence in self.missed]
        verdict += [f"PARTIAL: {reason}" for reason in self.partial]
        took = f"{(time.monotonic() - self._started) / 60:.1f} minutes"
        verdict.append(f"{len(self.missed)} minima missed, {len(self.partial)} parts not judged, {took}.")
        print("\n".join(verdict))
        FOLDER.mkdir(parents=True, exist_ok=True)
        text = "\n".join(["# Models", "", *(f"- {line}" for line in verdict), *self._markdown, ""])
        (FOLDER / f"{name}.md").write_text(text, encoding="utf-8")
        print(os.path.relpath(FOLDER / f"{name}.md"))
        return 1 if self.missed else 0
