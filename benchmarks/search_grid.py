"""Measure every cell of a search's space on this machine, and keep it as a table on which searches are replayed.

``python -m benchmarks.search_grid anime 512x512 benchmarks/search_grids/anime_512x512.csv`` goes on where it stopped:
finished cells are in the table already. Each cell runs three blocks in new processes and one memory pass; each round
goes through all cells in random order, so that a machine that becomes slower slows all of them alike.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from toolkit.analysis.stats import log_median
from toolkit.bench.candidate import Candidate
from toolkit.bench.inputs import Inputs
from toolkit.bench.lock import measuring_lock
from toolkit.bench.plan import Plan
from toolkit.contracts.fingerprint import fingerprint, summary
from toolkit.contracts.notation import parse_size, parse_trial
from toolkit.core.files import write_whole
from toolkit.studies.tune.constraints import Fault, Look
from toolkit.studies.tune.live import fault_of
from toolkit.studies.tune.space import TrialSpace, space_of

FOLDER = Path(__file__).parent / "search_grids"
_FIELDS = (
    "trial",
    "round",
    "seconds",
    "cost_s",
    "agreement_db",
    "memory_bytes",
    "fault",
    "note",
    "suspect",
    "load",
)
_PLAN = Plan(blocks=0, seconds=0.3, least_calls=2, timeout_s=90.0)


@dataclass(frozen=True)
class Cell:
    """What was measured of a cell.

    Attributes
    ----------
    blocks_s : tuple of float
        Seconds a call of each block.
    cost_s : float
        Seconds of one block.
    """

    blocks_s: tuple[float, ...]
    cost_s: float
    agreement_db: float
    memory_bytes: float
    fault: Fault
    note: str


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a table, one for each block or memory pass."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def cells_of(rows: list[dict[str, str]]) -> dict[str, Cell]:
    """The cells of a table by the written form of their trial."""
    found: dict[str, Cell] = {}
    for trial in dict.fromkeys(row["trial"] for row in rows):
        own = [row for row in rows if row["trial"] == trial]
        timed = [row for row in own if row["seconds"]]
        failed = next((row for row in own if row["fault"]), None)
        found[trial] = Cell(
            blocks_s=tuple(float(row["seconds"]) for row in timed),
            cost_s=float(np.mean([float(row["cost_s"]) for row in own])),
            agreement_db=min(
                (float(row["agreement_db"]) for row in timed if row["agreement_db"]), default=math.inf
            ),
            memory_bytes=max(
                (float(row["memory_bytes"]) for row in own if row["memory_bytes"]), default=math.nan
            ),
            fault=Fault(failed["fault"]) if failed else Fault.NONE,
            note=failed["note"] if failed else "",
        )
    return found


def noise_of(cells: Mapping[str, Cell]) -> float:
    """Standard deviation of the log time between blocks of one cell, over all cells."""
    spreads = [np.var(np.log(cell.blocks_s), ddof=1) for cell in cells.values() if len(cell.blocks_s) > 1]
    return float(np.sqrt(np.mean(spreads))) if spreads else math.nan


class RecordedWorld:
    """A machine replayed from a table: each look is one of the blocks that were measured, drawn at random."""

    def __init__(self, path: Path, seed: int) -> None:
        cells = cells_of(read_rows(path))
        trials = [parse_trial(text) for text in cells]
        self.space = TrialSpace.of(trials)
        self.cells = [cells[str(trial)] for trial in self.space.trials]
        self._random = random.Random(seed)
        self._spent_s = 0.0

    @property
    def spent_s(self) -> float:
        return self._spent_s

    def known(self) -> Mapping[int, Look]:
        return {}

    def look(self, cell: int) -> Look:
        found = self.cells[cell]
        self._spent_s += found.cost_s
        if found.fault is not Fault.NONE:
            return Look(fault=found.fault, note=found.note, cost_s=found.cost_s)
        value = self._random.choice(found.blocks_s)
        return Look(value=value, agreement_db=found.agreement_db, cost_s=found.cost_s)

    def run(self, arm: int, number: int) -> Look:
        return self.look(arm)

    def weigh(self, cell: int) -> Look:
        self._spent_s += self.cells[cell].cost_s
        return Look(memory_bytes=self.cells[cell].memory_bytes, cost_s=self.cells[cell].cost_s)

    def grid_cost_s(self) -> float:
        """Seconds for measuring every cell: three blocks and a memory pass, or the one block that failed."""
        return sum(cell.cost_s * (1 if cell.fault is not Fault.NONE else 4) for cell in self.cells)

    def time_s(self, cell: int) -> float:
        """The geometric mean of a cell's blocks, s; infinite for a cell without a right picture."""
        found = self.cells[cell]
        if found.fault is not Fault.NONE or not found.blocks_s:
            return math.inf
        return math.exp(float(np.mean(np.log(found.blocks_s))))

    def is_right(self, cell: int | None, *, within: float, least_db: float = 0.0) -> bool:
        """Whether a pick keeps the limit and is, by the table, within a ratio of the best that keeps it."""
        able = [one for one in range(len(self.cells)) if self.cells[one].agreement_db >= least_db]
        return cell in able and self.time_s(int(cell or 0)) <= within * min(map(self.time_s, able))


def measure(operation: str, size: tuple[int, int], path: Path, *, rounds: int, most_s: float) -> None:
    """Measure what the table lacks, round by round, for at most so many seconds."""
    space = space_of(operation, size=size)
    rows, began = read_rows(path), perf_counter()
    with measuring_lock(), Inputs() as inputs:
        for number in range(rounds):
            order = random.Random(number).sample(range(len(space)), len(space))
            for cell in order:
                trial = str(space.trials[cell])
                own = [row for row in rows if row["trial"] == trial]
                if any(row["fault"] or row["round"] == str(number) for row in own):
                    continue
                if perf_counter() - began > most_s:
                    print(f"stopped after {most_s:.0f} s: {len(rows)} rows; the same command goes on")
                    return
                rows.append(_row(space, cell, number, inputs))
                write_whole(path, _text(rows, operation, size))
                print({name: rows[-1][name] for name in ("trial", "seconds", "fault", "load")}, flush=True)


def _row(space: TrialSpace, cell: int, number: int, inputs: Inputs) -> dict[str, str]:
    candidate, started = Candidate(space.trials[cell], inputs, _PLAN), perf_counter()
    candidate.prepare()
    prepared = perf_counter()
    if candidate.is_ok:
        candidate.run_block(number, plan=_PLAN)
    cost_s = perf_counter() - (prepared if candidate.blocks else started)
    if candidate.is_ok and number == 0:
        candidate.run_memory_pass()
    m = candidate.measurement(fingerprint(), {})
    logs = [log_median(run.samples_s) for block in m.blocks for run in block.workers]
    return {
        "trial": str(m.trial),
        "round": str(number),
        "seconds": f"{math.exp(float(np.mean(logs))):.6g}" if m.is_ok and logs else "",
        "cost_s": f"{cost_s:.3f}",
        "agreement_db": ""
        if m.agreement is None or m.agreement.psnr_db is None
        else f"{m.agreement.psnr_db:.2f}",
        "memory_bytes": "" if m.memory is None else str(m.memory.pss_peak_bytes or m.memory.rss_peak_bytes),
        "fault": str(fault_of(m.cause)),
        "note": " ".join(m.note.split())[:200],
        "suspect": str(int(bool(m.suspect))),
        "load": f"{os.getloadavg()[0]:.1f}",
    }


def _text(rows: list[dict[str, str]], operation: str, size: tuple[int, int]) -> str:
    cells = cells_of(rows)
    busy = np.mean([row["suspect"] == "1" for row in rows])
    loads = [float(row["load"]) for row in rows]
    lines = [
        f"# {operation} at {size[0]}x{size[1]}: {len(cells)} cells, {len(rows)} blocks",
        f"# noise: {100 * noise_of(cells):.1f} % between blocks of one cell (standard deviation of log time)",
        f"# load of the machine: median {np.median(loads):.1f}; {100 * busy:.0f} % of the blocks were disturbed",
        *(f"# {line}" for line in summary(fingerprint()).splitlines()),
    ]

    class _Lines(list[str]):
        def write(self, text: str) -> None:
            self.append(text.rstrip("\n"))

    table = _Lines()
    writer = csv.DictWriter(table, _FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return "\n".join([*lines, *table]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("operation")
    parser.add_argument("size", type=parse_size)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--most-s", type=float, default=3600.0)
    args = parser.parse_args()
    measure(args.operation, args.size, args.out, rounds=args.rounds, most_s=args.most_s)


if __name__ == "__main__":
    main()
