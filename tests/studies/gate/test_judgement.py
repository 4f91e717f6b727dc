"""What a gate says of planted cells: a limit that is kept, broken, or cannot be told."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.analysis.stats import estimate
from toolkit.analysis.verdict import compare
from toolkit.contracts.outcome import Cause
from toolkit.studies.gate.judgement import Limits, State, judge
from toolkit.studies.gate.sides import Cell


def cell(ratio: float = 1.0, *, noise: float = 0.003, rounds: int = 12, **more: object) -> Cell:
    """A cell whose candidate takes `ratio` times as long, with so much noise between processes."""
    random = np.random.default_rng(7)
    one, two = (
        [[float(mean * np.exp(random.normal(0, noise)))] for _ in range(rounds)]
        for mean in (0.02, 0.02 * ratio)
    )
    return Cell(
        label="mine@numba", verdict=compare(one, two), estimates=(estimate(one), estimate(two)), **more
    )


def state_of(one: Cell, **limits: float) -> State:
    return judge([one], Limits(**limits), baseline="main", candidate="tree").state


@pytest.mark.parametrize(
    ("planted", "limits", "state"),
    [
        (cell(1.0), {}, State.PASSED),
        (cell(0.5), {}, State.PASSED),
        (cell(1.08), {}, State.REGRESSION),
        (cell(1.08), {"slowdown": 0.1}, State.PASSED),
        (cell(1.03, noise=0.1), {}, State.CANT_TELL),
        (cell(1.0, causes=(Cause.NONE, Cause.DISAGREED)), {}, State.REGRESSION),
        (cell(1.0, causes=(Cause.NONE, Cause.DIED)), {}, State.REGRESSION),
        (cell(1.0, causes=(Cause.DISAGREED, Cause.NONE)), {}, State.CANT_TELL),
        (cell(1.0, causes=(Cause.NONE, Cause.UNAVAILABLE)), {}, State.CANT_TELL),
        (Cell(label="never measured"), {}, State.CANT_TELL),
        (cell(1.0, memory_bytes=(100, 120)), {}, State.PASSED),
        (cell(1.0, memory_bytes=(100, 120)), {"memory_growth": 0.05}, State.REGRESSION),
        (cell(1.0, memory_bytes=(100, 103)), {"memory_growth": 0.05}, State.PASSED),
        (cell(1.0, memory_bytes=(100, None)), {"memory_growth": 0.05}, State.CANT_TELL),
        (
            cell(1.0, quality=({"psnr_db": 30.0}, {"psnr_db": 29.0})),
            {"quality_drop_db": 0.5},
            State.REGRESSION,
        ),
        (cell(1.0, quality=({"psnr_db": 30.0}, {"psnr_db": 29.8})), {"quality_drop_db": 0.5}, State.PASSED),
        (cell(1.0, quality=({"psnr_db": 30.0}, {})), {"quality_drop_db": 0.5}, State.CANT_TELL),
        (cell(1.0), {"quality_drop_db": 0.5}, State.PASSED),
    ],
)
def test_a_cell_is_judged_by_the_limits(planted: Cell, limits: dict[str, float], state: State) -> None:
    assert state_of(planted, **limits) is state


def test_the_worst_cell_decides_and_stands_first() -> None:
    found = judge([cell(1.0), Cell(label="missing"), cell(1.2)], Limits(), baseline="main", candidate="tree")
    assert found.exit_code == 4
    assert [line.partition(":")[0] for line in found.lines()[1:4]] == [
        "REGRESSION",
        "COULD NOT TELL",
        "PASSED",
    ]


def test_nothing_measured_never_passes() -> None:
    assert judge([], Limits(), baseline="main", candidate="tree").exit_code == 5


def test_many_cells_do_not_raise_the_rate_of_false_alarms() -> None:
    random = np.random.default_rng(3)
    cells = []
    for _ in range(200):
        one, two = ([[float(np.exp(random.normal(0, 0.05)))] for _ in range(8)] for _ in range(2))
        cells.append(Cell(label="same", verdict=compare(one, two), estimates=(estimate(one), estimate(two))))
    found = judge(cells, Limits(), baseline="main", candidate="tree")
    assert sum(one.state is State.REGRESSION for one in found.cells) <= 1
