"""A table as data (columns, cells, notes), which can be shown as HTML or plain text and saved as CSV."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import partial
from html import escape
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.core import units
from toolkit.core.files import write_whole

if TYPE_CHECKING:
    import pandas as pd

WIDTH = 118
"""Number of characters in a line of plain text."""
_STYLE = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Column:
    """A column of a table: its header, and the function that reads its cell from a row.

    Attributes
    ----------
    header, unit : str
        Name of the column, and unit of its numbers.
    read : callable
        Function that reads the content of the cell from a row: a text, a number (None is shown as n/a), or a `Cell`.
    short : str
        Header in plain text, if the full header is wider than the numbers.
    is_number : bool
        Whether the column is right-aligned and never wrapped.
    is_compact : bool
        Whether plain text shows the column; HTML shows every column.
    is_wrapped : bool
        Whether texts are wrapped between words; if False, texts are wrapped only if the table is too wide otherwise.
    gives_way : int
        If plain text is too wide, columns whose `gives_way` is above 0 are left out, the largest value first.
    scale : float
        Size of the column's unit: numbers are divided by `scale`.
    is_best, is_wrong : callable
        Functions that tell whether the number of a row is marked as the best, or struck through.
    """

    header: str
    read: Callable[[Any], Cell | str | float | None]
    _: KW_ONLY
    unit: str = ""
    short: str = ""
    is_number: bool = True
    is_compact: bool = True
    is_wrapped: bool = True
    gives_way: int = 0
    scale: float = 1.0
    is_best: Callable[[Any], bool] = lambda row: False
    is_wrong: Callable[[Any], bool] = lambda row: False

    def cell(self, row: object) -> Cell:
        """Make the cell of one row; a cell without a number is neither marked nor struck through."""
        value = self.read(row)
        if isinstance(value, Cell):
            return value
        if isinstance(value, str):
            return Cell(value)
        text = units.number(None if value is None else value / self.scale)
        if text == units.NOT_AVAILABLE:
            return Cell(text)
        return Cell(text, is_best=self.is_best(row), is_struck=self.is_wrong(row))


text_column = partial(Column, is_number=False)
"""A column of texts: left-aligned, wrapped between words."""


@dataclass(frozen=True)
class Cell:
    """A cell of a table: its text, its mark, and its footnotes.

    Attributes
    ----------
    text : str
        The text to show.
    is_best : bool
        Whether the text is bold and marked with a star.
    is_struck : bool
        Whether the text is struck through, like the time of a wrong picture.
    notes : tuple of int
        Numbers of the cell's footnotes.
    """

    text: str = ""
    _: KW_ONLY
    is_best: bool = False
    is_struck: bool = False
    notes: tuple[int, ...] = ()

    @property
    def plain(self) -> str:
        """The cell as plain text."""
        text = f"~~{self.text}~~" if self.is_struck else f"*{self.text}" if self.is_best else self.text
        return f"{text} {self._marks}".strip()

    @property
    def html(self) -> str:
        """The cell's content as HTML."""
        # A long setting may break after "=", so that the table is not wider than the page.
        text = escape(self.text).replace("=", "=<wbr>")
        if self.is_struck:
            text = f'<s title="time to a wrong picture">{text}</s>'
        elif self.is_best:
            text = f"<strong>*&nbsp;{text}</strong>"
        marks = self._marks.replace(",", ",<wbr>")
        return text + (f"<sup>{marks}</sup>" if self.notes else "")

    @property
    def _marks(self) -> str:
        return f"[{_runs(self.notes)}]" if self.notes else ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table with its title, columns, cells, notes, and the raw numbers as a DataFrame.

    Attributes
    ----------
    title : str
        Title of the table.
    columns : sequence of Column
        Columns of the table, from left to right.
    rows : sequence of sequences of Cell
        Cells of each row, one for each column.
    frame : DataFrame
        The raw numbers in seconds, bytes and pixels, which `save_csv` writes.
    groups : sequence of int
        Indices of the rows before which a line is drawn.
    footnotes : sequence of str
        Sentences that cells refer to by number, from 1.
    notes : sequence of str
        Sentences about the whole table.
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    frame: pd.DataFrame
    groups: Sequence[int] = ()
    footnotes: Sequence[str] = ()
    notes: Sequence[str] = ()

    @classmethod
    def of(cls, rows: Iterable[object], columns: Sequence[Column], **parts: Any) -> Table:
        """Make a table of rows of any kind; each column reads its cell from a row.

        Parameters
        ----------
        **parts
            The other attributes of the table: title, frame, groups, footnotes, notes.
        """
        return cls(columns=columns, rows=[[column.cell(row) for column in columns] for row in rows], **parts)

    def __str__(self) -> str:
        return self.text()

    def html(self) -> str:
        """The table as HTML with its own style, and its notes below."""
        head = "".join(
            f'<th scope="col" class="{_css(column)}">{escape(column.header).replace("-", "&#8209;")}'
            + (f"<br><span>{escape(column.unit)}</span>" if column.unit else "")
            + "</th>"
            for column in self.columns
        )
        css = [_css(column) for column in self.columns]
        body = ""
        for number, row in enumerate(self.rows):
            cells = (f'<td class="{name}">{cell.html}</td>' for name, cell in zip(css, row, strict=True))
            start = "<tr class=first>" if number in self.groups and number else "<tr>"
            body += f"{start}{''.join(cells)}</tr>\n"
        notes = [f"[{number}] {note}" for number, note in enumerate(self.footnotes, 1)] + list(self.notes)
        return (
            f'<style>{_STYLE}</style><div class="atelier-table" tabindex="0" role="region" '
            f'aria-label="{escape(self.title)}"><table class="atelier">'
            f"<caption>{escape(self.title)}</caption>"
            f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>"
            '<div class="atelier-notes">' + "".join(f"<p>{escape(note)}</p>" for note in notes) + "</div>"
        )

    _repr_html_ = html

    def text(self, width: int = WIDTH) -> str:
        """The table as plain text in lines of `width` characters, with as many of its compact columns as fit."""
        shown, widths = self._fitted(width)
        columns = [self.columns[n] for n in shown]

        def line(texts: Iterable[str]) -> str:
            cells = zip(texts, widths, columns, strict=True)
            return "  ".join(t.rjust(w) if c.is_number else t.ljust(w) for t, w, c in cells).rstrip()

        rule = "─" * _total(widths)
        lines = [self.title, ""] if self.title else []
        lines.append(line(column.short or column.header for column in columns))
        if any(column.unit for column in columns):
            lines.append(line(column.unit for column in columns))
        lines.append(rule)
        for number, row in enumerate(self.rows):
            if number in self.groups and number:
                lines.append("")
            wrapped = [_wrap(row[n].plain, w) for n, w in zip(shown, widths, strict=True)]
            lines += map(line, zip_longest(*wrapped, fillvalue=""))
        lines.append(rule)
        for number, note in enumerate(self.footnotes, 1):
            lines += textwrap.wrap(f"[{number}] {note}", width, subsequent_indent="    ")
        left_out = tuple(f"{c.header}: " for n, c in enumerate(self.columns) if n not in shown)
        for note in (note for note in self.notes if not note.startswith(left_out)):
            lines += textwrap.wrap(note, width, subsequent_indent="  ")
        return "\n".join(lines)

    def _fitted(self, width: int) -> tuple[list[int], list[int]]:
        """Indices of the columns that fit into `width` characters, and the widths of these columns."""
        shown = [number for number, column in enumerate(self.columns) if column.is_compact]
        while _total(widths := self._widths(shown, width)) > width:
            least = max(shown, key=lambda n: self.columns[n].gives_way)
            if not self.columns[least].gives_way:
                return shown, self._widths(shown, width, is_strict=False)
            shown.remove(least)
        return shown, widths

    def _widths(self, shown: Sequence[int], width: int, *, is_strict: bool = True) -> list[int]:
        """Width of each shown column, characters; the widest text columns shrink until all columns fit `width`.

        No word is broken. Columns that are not `is_wrapped` shrink only if `is_strict` is False.
        """
        widths, least = [], []
        for n in shown:
            column, texts = self.columns[n], [row[n].plain for row in self.rows]
            heads = [column.short or column.header, column.unit]
            widths.append(max(map(len, [*heads, *texts])))
            is_whole = column.is_number or (is_strict and not column.is_wrapped)
            words = texts if is_whole else [word for text in texts for word in text.split()]
            least.append(max(map(len, [*heads, *words])))
        while (excess := _total(widths) - width) > 0:
            can = [i for i in range(len(shown)) if widths[i] > least[i]]
            if not can:
                break
            widest = max(can, key=lambda i: widths[i])
            widths[widest] = max(widths[widest] - excess, least[widest])
        return widths

    def save_csv(self, path: str | Path) -> Path:
        """Write the raw numbers as CSV; an existing file is replaced.

        Raises
        ------
        InvalidValue
            The file cannot be written.
        """
        return write_whole(path, self.frame.to_csv(index=False))


def _runs(numbers: Sequence[int]) -> str:
    """Write ascending numbers as text; three or more consecutive numbers become a range: 1,3-5."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run)) for run in runs)


def _total(widths: Sequence[int]) -> int:
    """Number of characters in a line with two spaces between columns."""
    return sum(widths) + 2 * (len(widths) - 1)


def _css(column: Column) -> str:
    if column.is_number:
        return "number"
    return "text" if column.is_wrapped else "whole"


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False, break_long_words=False) or [""]
