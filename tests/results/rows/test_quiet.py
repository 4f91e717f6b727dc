"""A busy machine is named once, with what other processes took from it."""

from __future__ import annotations

from tests.results.factory import make_measurement
from toolkit.results.rows.quiet import busy_sentence, disturbance
from toolkit.results.rows.summarising import summarise

BUSY = ("other processes used 1.5 of 2 processors",)


def _rows(*measurements):
    return summarise(measurements)


def _disturbed(doubts=BUSY, **changes):
    return make_measurement(suspect=doubts, **changes)


def test_figures_of_suspect_rows_alone_must_not_be_used():
    assert busy_sentence(_rows(_disturbed(), _disturbed(threads=2))) == (
        "This machine was busy (1.5 of 2 cores taken by other processes): do not use these figures."
    )


def test_one_quiet_row_is_enough_and_a_skipped_row_says_nothing():
    skipped = make_measurement(status="skipped", cause="unavailable", note="not installed", threads=2)
    assert busy_sentence(_rows(_disturbed(), make_measurement(threads=2))) == ""
    assert busy_sentence(_rows(_disturbed(), skipped))
    assert busy_sentence(_rows(skipped)) == busy_sentence([]) == ""


def test_another_disturbance_is_named_by_its_own_words():
    swapped = _disturbed(("42.0 MB were swapped to or from disk: free some memory",))
    assert "swapped" in disturbance(_rows(swapped))
    assert disturbance(_rows(make_measurement())) == ""
