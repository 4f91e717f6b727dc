"""Where a large output is compared: 16 crops of the timed output, the last rows and columns among them."""

from __future__ import annotations

import numpy as np
import pytest

import toolkit as tk
from toolkit.bench.crops import crops_for, crops_of, pixels_read
from toolkit.bench.estimate import estimate_s, whole_references_note
from toolkit.bench.inputs import Inputs
from toolkit.bench.judge import Judge
from toolkit.bench.plan import QUICK
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.outcome import Cause

LARGE = (2400, 1800)  # width and height, px: 4.3 MP


@pytest.fixture(autouse=True)
def own_cache(own_cache_and_lock: None) -> None:
    """No reference of an earlier run is found."""


@pytest.mark.parametrize(("height", "width"), [(2250, 3000), (64, 100_000), (10, 10)])
def test_the_crops_reach_every_edge(height: int, width: int) -> None:
    crops = crops_of(height, width, halo=7)
    assert len(crops) == 16
    assert {crop.rows[0] for crop in crops} >= {0} and {crop.rows[1] for crop in crops} >= {height}
    assert {crop.columns[0] for crop in crops} >= {0} and {crop.columns[1] for crop in crops} >= {width}
    for crop in crops:
        assert crop.read_rows[0] == max(0, crop.rows[0] - 7) and crop.read_rows[1] == min(
            height, crop.rows[1] + 7
        )


@pytest.mark.parametrize(
    ("operation", "why_whole"),
    [
        ({"operation": "styles"}, "no halo"),
        ({"operation": "fsrcnn", "params": {"weights": "untrained"}}, "a network"),
        ({"operation": "oil_painting", "size": (1632, 1224)}, "small"),
        ({"operation": "edge_preserving", "params": {"sigma_s": 200.0}}, "the halo is large"),
        ({"operation": "oil_painting", "steps": (("fit_pixels", {"pixels": 1000}),)}, "steps"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_whole_output_is_compared_where_crops_do_not_do(operation: dict, why_whole: str) -> None:
    assert crops_for(make_trial(**{"size": LARGE, "images": ("coffee",), **operation})) == []


def test_a_fault_in_the_last_rows_or_columns_is_caught_on_crops() -> None:
    trial = make_trial("oil_painting", "opencv", size=LARGE, images=("coffee",))
    assert pixels_read(crops_for(trial)) < LARGE[0] * LARGE[1] / 2
    with Inputs() as inputs:
        photo = np.load(dict(inputs.paths(trial))["coffee"])
        right = tk.apply("oil_painting", photo, backend="opencv")
        for part in (None, np.s_[-2:], np.s_[:, -2:]):
            output = right.copy()
            if part is not None:
                output[part] ^= 64
            judge = Judge(trial, inputs, QUICK.timeout_s)
            judge.judge(iter([("coffee", output)]))
            assert judge.agreement is not None
            assert (judge.agreement.agrees, judge.agreement.crops) == (part is None, 16)
            cause, why = judge.fault()
            assert cause is (Cause.NONE if part is None else Cause.DISAGREED)
            assert part is None or "16 crops" in why


def test_the_estimate_counts_references() -> None:
    trial = make_trial("oil_painting", "numba", size=(5656, 4242), images=("coffee", "astronaut"))
    whole = make_trial("styles", "numba", size=(5656, 4242), images=("coffee", "astronaut"))
    assert estimate_s([whole], QUICK) > 120  # two pictures of 24 MP in float64
    assert estimate_s([trial], QUICK) < estimate_s([whole], QUICK) - 100
    assert "styles" in whole_references_note([trial, whole])
    assert whole_references_note([trial]) == ""
