"""The first screen of 05_trust counts the mistakes that were seen, and has a card for each."""

from __future__ import annotations

from tests.results.factory import MACHINE, make_measurement
from toolkit.studies import trust
from toolkit.studies.collection import Collected
from toolkit.studies.trust.demonstrations import AlarmRates
from toolkit.studies.trust.inherited import InheritedPeak


def crowd(*ways):
    rows = [make_measurement(workers=w, threads=t, latency_s=s) for w, t, s in ways]
    return Collected(
        measurements=rows, n_now=len(rows), n_earlier=0, n_left=0, n_changed=0, earliest="", machine=MACHINE
    )


def screen(measured, *, pooled=0.4):
    return trust.mistakes_screen(
        measured,
        simulated=AlarmRates(pooled, 0.04, 100),
        sequential=[trust.one_after_the_other(seed=seed) for seed in range(4)],
        turns=[trust.in_turns(seed=seed) for seed in range(4)],
        peak=InheritedPeak(None, 212_000_000, 11_000_000, None),
        processors=2,
    )


def test_four_mistakes_four_cards():
    html = screen(crowd((1, 1, 0.3), (2, 4, 0.9))).html()
    assert html.count('class="card"') == 4 and "4 of 4 common benchmarking mistakes" in html
    assert "212 MB" in html and "40 %" in html and "2 x 4 threads" in html


def test_a_mistake_that_did_no_harm_is_not_counted():
    html = screen(crowd((1, 1, 0.3)), pooled=0.05).html()
    assert "2 of 3 common benchmarking mistakes" in html and "did not change the result" in html
