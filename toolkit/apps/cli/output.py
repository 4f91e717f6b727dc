"""What commands print: aligned tables for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from toolkit.core.files import to_json

if TYPE_CHECKING:
    from toolkit.contracts.measurement import Measurement


def print_table(
    headers: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[int] = ()
) -> None:
    """Columns aligned; those numbered in `right` on the right, as numbers are."""
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
    """Strict JSON: what is not a finite number becomes null."""
    print(to_json(value))


def print_measurements(measurements: Sequence[Measurement], *, as_json: bool) -> None:
    """The results table, and how latency grows where there are sizes enough to ask."""
    from toolkit.results.tables.measurements import growth_table, results_table

    if as_json:
        print_json(results_table(measurements).frame.to_dict("records"))
        return
    if not measurements:
        print("No measurements yet: atelier bench OPERATION takes some.")
        return
    print(results_table(measurements))
    if len({(m.trial.width, m.trial.height) for m in measurements}) > 1:
        print()
        print(growth_table(measurements))
