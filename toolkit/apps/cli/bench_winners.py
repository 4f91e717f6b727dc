"""What ``atelier bench --winner`` prints: the fastest trials, measured again before a winner is named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TextIO

from toolkit.analysis.design import BUDGET_S
from toolkit.contracts.measurement import Measurement
from toolkit.core import units
from toolkit.studies.winner import find_winner
from toolkit.studies.worker_guess import against_guess

WINNER_BUDGET_S = BUDGET_S
"""Longest time for repeating the measurement of the fastest trials of one operation and size, s."""


def print_winners(measurements: Sequence[Measurement], *, file: TextIO) -> None:
    """Print the fastest trial (the winner) for each operation and input with two or more successful measurements.

    If the measurements differ in workers or executors, the winner is also compared with the usual guess: one worker
    for each processor.
    """
    rows_of = defaultdict[object, list[Measurement]](list)
    is_about_load = len({(m.trial.workers, m.trial.executor) for m in measurements}) > 1
    for m in measurements:
        t = m.trial
        if m.is_ok:
            batch = None if is_about_load else t.batch
            rows_of[t.operation, t.picture_params, t.steps, t.images, t.width, t.height, batch].append(m)
    for rows in rows_of.values():
        if len(rows) > 1:
            trial = rows[0].trial
            size = units.megapixels(trial.megapixels)
            print(f"\n{trial.operation} at {size} MP, the fastest trials measured again", file=file)
            print(find_winner(rows, budget_s=WINNER_BUDGET_S), file=file)
            if is_about_load:
                _print_guess(rows, file=file)


def _print_guess(rows: Sequence[Measurement], *, file: TextIO) -> None:
    """Print a comparison of the best setting with the usual guess: a worker per processor, default library threads."""
    print(
        "\nThe best setting compared with one worker for each processor and the default threads of each library:",
        file=file,
    )
    report = against_guess(rows, budget_s=WINNER_BUDGET_S)
    print(
        report
        or "No setting is compared with one worker for each processor, because that is the best setting.",
        file=file,
    )
