"""Searches replayed on grids: on a small planted table, and on every grid that was measured on a real machine."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from benchmarks.search import RECORDED_DB, RECORDED_SHARE, replay_recorded
from benchmarks.search_grid import FOLDER, RecordedWorld, cells_of, noise_of, read_rows
from toolkit.studies.tune.constraints import Fault
from toolkit.studies.tune.space import space_of

LEAST_CELLS = 60


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """A table of the cells of oil_painting with times of our own and 2 % noise."""
    draw, rows = np.random.default_rng(1), []
    backends = {"opencv": 0.020, "numba": 0.005}
    for trial in space_of("oil_painting", size=(64, 48)).trials:
        time_s = backends.get(trial.backend, 0.050) / trial.placement.threads**0.8
        for number in range(3):
            noisy_s = time_s * math.exp(draw.normal(0.0, 0.02))
            rows.append(
                {"trial": str(trial), "round": number, "seconds": f"{noisy_s:.6g}", "cost_s": "1.000"}
                | {"agreement_db": "50.0", "memory_bytes": "1000000", "fault": "", "note": ""}
                | {"suspect": "0", "load": "0.1"}
            )
    path = tmp_path / "planted.csv"
    with path.open("w", newline="") as file:
        file.write("# a planted table\n")
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_table_gives_its_cells_and_its_noise(planted: Path) -> None:
    cells = cells_of(read_rows(planted))
    assert len(cells) == len(space_of("oil_painting", size=(64, 48)))
    assert 0.01 < noise_of(cells) < 0.03
    assert all(cell.fault is Fault.NONE and len(cell.blocks_s) == 3 for cell in cells.values())


def test_a_search_on_a_table_finds_the_fastest_cell(planted: Path) -> None:
    world = RecordedWorld(planted, 0)
    fastest = min(range(len(world.cells)), key=world.time_s)
    assert world.space.trials[fastest].backend == "numba"
    assert world.is_right(fastest, within=1.05, least_db=40.0)
    assert not world.is_right(None, within=1.05)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.csv")), ids=lambda path: path.stem)
def test_a_search_on_a_measured_grid_finds_a_cell_near_the_best(path: Path) -> None:
    cells = cells_of(read_rows(path))
    assert len(cells) >= LEAST_CELLS
    assert path.read_text().count("\n# noise:") == 1
    assert any(cell.agreement_db >= RECORDED_DB for cell in cells.values())
    right, cost = replay_recorded(path, "own", range(20)).T
    assert right.mean() >= 0.9
    assert cost.mean() <= RECORDED_SHARE + 0.02  # the last block may end after the budget
