"""What the requests of a load test say."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from toolkit.contracts.load_test import Ended, LoadTest, Slo
from toolkit.results.rows.load_capacity import capacity_of
from toolkit.results.rows.load_test import Verdict, example_test, load_row, verdict
from toolkit.results.sentences.load_test import capacity_sentence, load_sentence, slo_sentence


def answered(count: int, *, latency_s: float = 0.1, n_failed: int = 0, n_refused: int = 0) -> LoadTest:
    """A test with a request a second, of which the last ones were refused or failed."""
    how = [Ended.OK] * (count - n_failed - n_refused) + ["HTTP 500"] * n_failed + [Ended.REFUSED] * n_refused
    due = tuple(float(n) for n in range(count))
    ended = tuple(math.inf if one == "HTTP 500" else d + latency_s for d, one in zip(due, how, strict=True))
    parts = {"scheduled_s": due, "sent_s": due, "ended_s": ended, "ended": tuple(map(str, how))}
    return replace(example_test(), **parts, run_s=(math.nan,) * count)


def test_a_failed_request_is_infinitely_late_and_a_refused_one_is_left_out() -> None:
    row = load_row(answered(100, n_failed=10, n_refused=20))
    assert (row.n_ok, row.n_failed, row.n_refused) == (70, 10, 20)
    assert row.latency[0.5].value == pytest.approx(0.1) and row.latency[0.95].value == math.inf
    assert row.latency[0.5].n_samples == 80


def test_service_time_is_that_of_requests_which_were_alone() -> None:
    test = replace(answered(3), sent_s=(0.0, 1.0, 1.05), ended_s=(0.1, 1.4, 1.5))
    assert load_row(test).service[0.5].n_samples == 1
    said = load_row(replace(test, run_s=(0.02, 0.03, 0.04)))
    assert said.is_said and said.service[0.5].value == 0.03


def test_an_objective_is_held_broken_or_undecided() -> None:
    slo = Slo(0.95, 0.2)
    assert verdict(answered(100), slo) == Verdict(True, True)
    assert verdict(answered(20), slo) == Verdict(True, False)
    assert verdict(answered(100, latency_s=0.3), slo) == Verdict(False, True)
    assert verdict(answered(100, n_refused=30), slo) == Verdict(False, True)  # a refused request is late


def test_a_capacity_lies_between_what_held_and_what_broke() -> None:
    rates = {1.0: 0.1, 2.0: 0.1, 2.1: 0.3, 4.0: 0.1}  # the last one held by chance
    tests = [replace(answered(100, latency_s=s), rate_per_s=rate) for rate, s in rates.items()]
    found = capacity_of(tests, Slo(0.95, 0.2))
    assert (found.held_per_s, found.broken_per_s, found.is_sure) == (2.0, 2.1, True)
    assert "2.00 requests a second" in capacity_sentence(found) and "2.10" in capacity_sentence(found)


def test_sentences_say_what_is_invalid_and_what_is_not_sure() -> None:
    late = replace(answered(100), bottleneck="the sender was late.")
    assert load_sentence(late).startswith("INVALID")
    assert "test longer" in slo_sentence(answered(20), Slo(0.95, 0.2))
    assert "INVALID" in capacity_sentence(capacity_of([late], Slo(0.95, 0.2)))
    assert "infinite" in load_sentence(answered(100, n_failed=30))
