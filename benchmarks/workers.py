"""Are two workers or two threads worth it, and does the best setting of a sweep beat the usual guess?

Run: ``make bench-workers``, or ``python -m benchmarks.workers``; about ten minutes on two idle cores. ``--short`` runs
one operation on small pictures, judges no speed, and takes seconds.

For anime, fsrcnn, oil_painting and matting: the pictures a second of two workers, or of two threads, against one, from
blocks that take turns; then the best setting of the sweep against a worker for each processor with every library at its
default threads, measured again in turns, by verdict. Published weights come from ``ATELIER_WEIGHTS`` or the user's
cache. Exits with 1 if a required minimum is missed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.models_speed import in_turns
from toolkit.analysis.ratios import ratio_of
from toolkit.analysis.stats import Estimate
from toolkit.analysis.verdict import Outcome
from toolkit.apps.cli.output import print_table
from toolkit.bench.grid import Grid
from toolkit.contracts.fingerprint import fingerprint, summary
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.trial import Trial
from toolkit.core import units
from toolkit.machine.hardware import allowed_cpus
from toolkit.results.rows.load import best_of, setting_of
from toolkit.results.rows.quiet import busy_sentence
from toolkit.results.rows.summarising import summarise
from toolkit.results.rows.summary import Summary
from toolkit.results.sentences.verdicts import ComparisonReport
from toolkit.results.tables.throughput import throughput_table
from toolkit.studies.compare import compare
from toolkit.studies.worker_guess import best_trial, guessed

REQUIRED = 1.8
"""Pictures a second of two workers or two threads, over those of one."""
FASTER_ON = 2
"""Operations, of the four, on which the best setting must be FASTER than the usual guess."""
PHOTO = "astronaut"


@dataclass(frozen=True)
class Job:
    """An operation, the width and height of its input in px, and how long a block lasts, s."""

    operation: str
    size: tuple[int, int]
    seconds: float = 2.0


JOBS = (
    Job("anime", (512, 512)),
    Job("fsrcnn", (640, 480)),
    Job("oil_painting", (1632, 1224)),
    Job("matting", (512, 512)),
)
SHORT = (Job("oil_painting", (160, 120), seconds=0.05),)


def trials_of(job: Job) -> list[Trial]:
    """One worker of one thread first; then two of each, as many as there are processors, and the usual guess."""
    counts = tuple(sorted({1, 2, allowed_cpus()}))
    grid = Grid(
        operations=(job.operation,),
        executors=("processes", "threads"),
        sizes=(job.size,),
        workers=counts,
        threads=counts,
        images=(PHOTO,),
        untrained_where_missing=True,
    )
    found = grid.trials()
    return list(dict.fromkeys([*found, guessed(found[0])]))


def gain_of_two(rows: Sequence[Summary]) -> tuple[Summary, Estimate] | None:
    """The better of two workers and two threads, and its pictures a second over those of one; None where one failed."""
    one = next((s for s in rows if s.is_ok and s.trial.is_alone and s.trial.placement.threads == 1), None)
    two = [s for s in rows if s.trial.workers * s.trial.placement.threads == 2]
    best = best_of(two)
    return None if one is None or best is None else (best, ratio_of(best.throughput, one.throughput))


def against_the_guess(measured: Sequence[Measurement], *, budget_s: float) -> ComparisonReport | None:
    """The best setting against the usual guess, measured again in turns; None where they are the same."""
    best = best_trial(measured)
    guess = guessed(best)
    return None if best == guess else compare(guess, best, budget_s=budget_s)


def main() -> int:
    """Measure every operation, print the tables and verdicts, and say which minima were missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.workers", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--short", action="store_true", help="one operation, small pictures, no speed is judged"
    )
    is_short = parser.parse_args().short
    print(summary(fingerprint()))
    missed: list[str] = []
    lines: list[tuple[str, ...]] = []
    outcomes: list[Outcome] = []
    for job in SHORT if is_short else JOBS:
        measured = in_turns(trials_of(job), blocks=2 if is_short else 5, seconds=job.seconds)
        rows = summarise(measured)
        print(f"\n{throughput_table(rows)}\n", flush=True)
        gain = gain_of_two(rows)
        if gain is None:
            missed.append(f"{job.operation}: no right picture was measured")
            continue
        report = against_the_guess(measured, budget_s=2.0 if is_short else 60.0)
        outcome = Outcome.SAME if report is None else report.verdict.outcome
        print(report or "The best setting is the usual guess.", flush=True)
        outcomes.append(outcome)
        lines.append((job.operation, *_gain_texts(*gain), outcome.value))
        if gain[1].value < REQUIRED:
            missed.append(
                f"{job.operation}: two make {gain[1].value:.2f} x the pictures of one; {REQUIRED} required"
            )
        if busy := busy_sentence(rows):
            missed.append(f"{job.operation}: {busy}")
    print()
    print_table(("operation", "two of", "x one", "95 % interval", "best against the guess"), lines)
    missed += _of_verdicts(outcomes)
    judged = [] if is_short else missed
    print("\n".join(["", *(f"MISSED: {one}" for one in judged), f"{len(judged)} minima missed"]))
    return 1 if judged or not lines else 0


def _gain_texts(best: Summary, gain: Estimate) -> tuple[str, str, str]:
    interval = f"{gain.low:.2f} to {gain.high:.2f}" if gain.has_interval else units.NOT_AVAILABLE
    return setting_of(best), f"{gain.value:.2f}", interval


def _of_verdicts(outcomes: Sequence[Outcome]) -> list[str]:
    faster, slower = outcomes.count(Outcome.FASTER), outcomes.count(Outcome.SLOWER)
    found = []
    if faster < FASTER_ON:
        found.append(
            f"the best setting is FASTER than the guess on {faster} operations; {FASTER_ON} required"
        )
    if slower:
        found.append(f"the best setting is SLOWER than the guess on {slower} operations")
    return found


if __name__ == "__main__":
    sys.exit(main())
