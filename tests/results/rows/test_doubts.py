"""Doubts of many blocks are said once each."""

from __future__ import annotations

from toolkit.results.rows.doubts import merged


def test_equal_numbers_stay_and_others_become_a_range():
    doubts = ["used 1.4 of 2 processors", "used 0.9 of 2 processors", "used 10.0 of 2 processors"]
    assert list(merged(doubts).values()) == ["used 0.9 to 10.0 of 2 processors"]


def test_doubts_without_numbers_and_none_at_all():
    assert list(merged(["on battery", "on battery"]).values()) == ["on battery"]
    assert merged([]) == {}
