"""The first screen of several machines names the fastest and the cheapest, or says why there is none."""

from __future__ import annotations

import pytest

from tests.results.factory import OTHER_MACHINE, make_measurement
from toolkit.results.first_screen import machines_screen
from toolkit.results.rows.machines import machines_of, read_prices
from toolkit.results.rows.summarising import summarise

HERE = [make_measurement("oil_painting", latency_s=0.1), make_measurement("pencil_sketch", latency_s=0.05)]
THERE = [
    make_measurement("oil_painting", latency_s=0.2, fingerprint=OTHER_MACHINE),
    make_measurement("pencil_sketch", latency_s=0.2, fingerprint=OTHER_MACHINE),
]


def test_one_machine_that_wins_everything_is_named_once():
    rows = summarise([*HERE, *THERE])
    screen = machines_screen(rows, prices=read_prices(["0.36/h"], machines_of(rows)))
    assert str(screen) == "Example CPU, 2 cores is the fastest and the cheapest machine in both comparisons."
    assert [card.title for card in screen.cards] == ["Oil painting, 1.0 MP", "Pencil sketch, 1.0 MP"]
    ratio, price = screen.cards[1].figures
    assert float(ratio[0].removeprefix("x ")) == pytest.approx(4, rel=0.05)
    assert float(price[0]) == pytest.approx(0.005, rel=0.05) and "Example CPU" in price[1]
    assert "No verdict" in screen.cards[0].sure
    assert " bare" in screen.html()  # no table of facts to unfold


def test_machines_that_share_the_wins_are_counted():
    slow_here = make_measurement("oil_painting", latency_s=0.4)
    said = str(machines_screen([slow_here, HERE[1], *THERE]))
    assert "Example CPU, 2 cores is the fastest machine in 1 of 2 comparisons" in said
    assert "Another CPU, 2 cores is the fastest machine in 1 of 2 comparisons" in said
    assert "cheapest" not in said


def test_one_machine_alone_says_how_to_add_another():
    screen = machines_screen(HERE)
    assert "merge" in str(screen) and screen.cards == []
