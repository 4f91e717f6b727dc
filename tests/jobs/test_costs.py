"""Estimates come from runs of about the same size, else they grow with the pixels."""

import pytest

from toolkit.jobs.costs import Costs
from toolkit.workers.executor import Work

OIL, PENCIL = Work(operation="oil_painting"), Work(operation="pencil_sketch")


def test_what_was_never_run_has_no_estimate():
    assert Costs().run_s(OIL, n_px=1_000_000) is None


def test_runs_of_about_this_size_count_alone():
    costs = Costs()
    for seconds in (0.1, 0.2, 9.0):
        costs.note_run(OIL, n_px=1_000_000, seconds=seconds)
    costs.note_run(OIL, n_px=10_000, seconds=0.009)
    assert costs.run_s(OIL, n_px=1_200_000) == 0.2
    assert costs.run_s(OIL, n_px=8_000_000) == pytest.approx(4.4, rel=0.7)


def test_the_service_rate_is_that_of_the_latest_jobs():
    costs = Costs()
    for seconds in [9.0] * 10 + [0.5] * 40:
        costs.note_job(seconds)
    assert costs.job_s() == 0.5
    costs.note_run(OIL, n_px=100, seconds=2.0)
    assert costs.works_s([OIL, PENCIL], n_px=100) == 2.5
