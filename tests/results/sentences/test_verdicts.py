"""A comparison's headline says how many times faster, with the interval."""

from __future__ import annotations

from toolkit.analysis.stats import estimate
from toolkit.analysis.verdict import compare
from toolkit.results.sentences.verdicts import ComparisonReport, WinnerReport

SLOW = [[1.00, 1.01], [1.01, 1.00], [0.99, 1.00], [1.00, 1.02]]
FAST = [[0.1 * s for s in process] for process in ([1.01, 1.02], [1.00, 1.00], [0.99, 1.01], [1.02, 1.00])]
SAME = [[1.02, 1.00], [0.98, 1.00], [1.01, 1.00], [0.99, 1.01]]


def _report(before, after):
    return ComparisonReport(
        baseline="a",
        candidate="b",
        verdict=compare(before, after),
        estimates=(estimate(before), estimate(after)),
        process_medians_s=((1.0,), (1.0,)),
        spent_s=1.0,
        stopped="of the test",
    )


def test_the_headline_is_a_factor_with_its_interval():
    assert _report(SLOW, FAST).lines()[0].startswith("FASTER: b is 9.")
    assert ") than a." in _report(SLOW, FAST).lines()[0]
    assert "SLOWER: b is " in str(_report(FAST, SLOW)) and " x slower (" in str(_report(FAST, SLOW))
    assert "no difference seen" in _report(SLOW, SAME).lines()[0]
    assert "aster" not in _report(SLOW, SAME).lines()[0]


def test_rivals_of_a_winner_are_named_with_a_factor():
    report = WinnerReport(winner="a", rivals=(("b", compare(FAST, SLOW)),))
    assert "SLOWER: b is " in str(report) and ") than the winner" in str(report)
