"""Print results of commands: aligned tables for people, JSON for programs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from toolkit.core.files import to_json

if TYPE_CHECKING:
    from toolkit.contracts.measurement import Measurement
    from toolkit.results.tables.layout import Table


def print_table(
    headers: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[int] = ()
) -> None:
    """Print aligned columns; the columns whose index is in `right` are right-aligned, for numbers."""
    cells = [[str(cell) for cell in row] for row in (headers, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(headers))]
    for number, row in enumerate(cells):
        aligned = [
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(aligned).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))


def print_json(value: Any) -> None:
    """Print a value as strict JSON: NaN becomes null; if stdout is not UTF-8, non-ASCII characters are escaped."""
    is_utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    print(to_json(value, is_ascii=not is_utf8))


def print_rows(table: Table, *, as_json: bool) -> None:
    """Print a table of results, or its rows as JSON."""
    if as_json:
        print_json(table.frame.to_dict("records"))
    else:
        print(table)


def print_throughput(measurements: Sequence[Measurement], *, as_json: bool) -> None:
    """Print the table of measurements with several executors, and one sentence for each operation and size.

    With `as_json`, the output is one JSON object with the keys ``rows`` and ``answers``.
    """
    from toolkit.results.sentences.throughput import throughput_sentences
    from toolkit.results.tables.throughput import throughput_table

    table, said = throughput_table(measurements), throughput_sentences(measurements)
    if as_json:
        answers = [{"sentence": sentence} for sentence in said]
        print_json({"rows": table.frame.to_dict("records"), "answers": answers})
        return
    print(f"{table}\n")
    print(*said, sep="\n")


def print_measurements(measurements: Sequence[Measurement], *, as_json: bool) -> None:
    """Print the results, how times grow with the picture size (for several sizes), and a recommendation per operation.

    With `as_json`, the output is one JSON object with the keys ``rows`` and ``answers``.
    """
    from toolkit.results.rows.summarising import summarise
    from toolkit.results.sentences.answer import answers
    from toolkit.results.tables.growth import growth_table
    from toolkit.results.tables.measurements import results_table

    if not (measurements or as_json):
        print("No measurements found; atelier bench OPERATION measures an operation.")
        return
    rows = summarise(measurements)
    if as_json:
        records = results_table(rows).frame.to_dict("records")
        print_json({"rows": records, "answers": [answer.to_dict() for answer in answers(rows)]})
        return
    print(results_table(rows))
    if len({s.size for s in rows}) > 1:
        print(f"\n{growth_table(rows)}")
    for answer in answers(rows):
        print(f"\n{answer}")
