"""Limits: which one a look misses, by how much, and how that is said."""

from __future__ import annotations

import math

from toolkit.studies.tune.constraints import Limits, Look, Miss


def test_each_limit_is_checked_on_its_own() -> None:
    limits = Limits(max_p95_s=0.3, min_agreement_db=40.0, min_psnr_db=30.0, max_memory_bytes=700e6)
    right = Look(value=0.1, calls_s=[0.1] * 60, agreement_db=math.inf, psnr_db=31.0, memory_bytes=600e6)
    assert limits.missed(right) == []
    wrong = Look(
        value=0.1, calls_s=[0.1] * 50 + [0.4] * 10, agreement_db=39.0, psnr_db=31.0, memory_bytes=8e8
    )
    assert {miss.limit for miss in limits.missed(wrong)} == {"p95", "agreement", "memory"}


def test_a_miss_says_what_was_asked_and_by_how_much_it_is_missed() -> None:
    assert str(Miss("p95", 0.341, 0.3)) == "p95 341 ms, limit 300 ms"
    assert Miss("p95", 0.341, 0.3).sentence == "misses the p95 limit of 300 ms by 41.0 ms"
    assert str(Miss("agreement", 38.12, 40.0)) == "agreement 38.1 dB, limit 40.0 dB"


def test_a_small_miss_is_nearer_than_a_large_one() -> None:
    assert Miss("p95", 0.31, 0.3).by < Miss("p95", 0.6, 0.3).by
    assert Miss("agreement", 39.0, 40.0).by < Miss("agreement", 20.0, 40.0).by


def test_what_was_not_measured_misses_nothing() -> None:
    assert Limits(max_p95_s=0.1, max_memory_bytes=1.0).missed(Look()) == []
