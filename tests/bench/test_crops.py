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

LARGE = (3000, 2250)  # width and height, px: 6.75 MP, where OpenCV's stylization is wrong


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


def test_a_wrong_large_output_is_caught_on_crops_and_a_right_one_agrees() -> None:
    trial = make_trial("stylization", "opencv", size=LARGE, images=("coffee",))
    right = trial.with_(backend="numba")
    crops = crops_for(trial)
    assert pixels_read(crops) < LARGE[0] * LARGE[1] / 2
    with Inputs() as inputs:
        photo = np.load(dict(inputs.paths(trial))["coffee"])
        import cv2

        for asked, output, agrees in (
            (trial, cv2.stylization(photo, sigma_s=60, sigma_r=0.45), False),
            (right, tk.apply("stylization", photo, backend="numba"), True),
        ):
            judge = Judge(asked, inputs, QUICK.timeout_s)
            judge.judge(iter([("coffee", output)]))
            assert judge.agreement is not None
            assert (judge.agreement.agrees, judge.agreement.crops) == (agrees, 16)
            assert judge.fault()[0] is (Cause.NONE if agrees else Cause.WRONG_SIZE)


def test_the_estimate_counts_references() -> None:
    trial = make_trial("oil_painting", "numba", size=(5656, 4242), images=("coffee", "astronaut"))
    whole = make_trial("styles", "numba", size=(5656, 4242), images=("coffee", "astronaut"))
    assert estimate_s([whole], QUICK) > 120  # two pictures of 24 MP in float64
    assert estimate_s([trial], QUICK) < estimate_s([whole], QUICK) - 100
    assert "styles" in whole_references_note([trial, whole])
    assert whole_references_note([trial]) == ""
