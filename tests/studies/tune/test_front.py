"""The Pareto front: only what no other cell beats in value, picture and memory."""

from __future__ import annotations

import math

from toolkit.studies.tune.constraints import Fault, Look
from toolkit.studies.tune.front import pareto_front


def test_a_slower_cell_is_on_the_front_for_a_better_picture_or_less_memory() -> None:
    looks = {
        0: Look(value=1.0, agreement_db=41.0, memory_bytes=500.0),
        1: Look(value=2.0, agreement_db=math.inf, memory_bytes=900.0),
        2: Look(value=3.0, agreement_db=41.0, memory_bytes=100.0),
        3: Look(value=4.0, agreement_db=40.0, memory_bytes=600.0),
    }
    assert pareto_front(looks) == [0, 1, 2]


def test_a_cell_without_a_right_picture_is_not_on_the_front() -> None:
    looks = {0: Look(value=1.0, fault=Fault.PICTURE), 1: Look(value=2.0, agreement_db=50.0)}
    assert pareto_front(looks) == [1]
