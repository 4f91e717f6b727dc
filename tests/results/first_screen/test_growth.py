"""Cards and the lead of a report about picture size."""

from __future__ import annotations

from tests.results.factory import make_measurement
from toolkit.results.first_screen.growth import growth_cards, growth_lead
from toolkit.results.rows.summarising import summarise


def sizes(*megapixels, **changes):
    return summarise([make_measurement("oil_painting", megapixels=mp, **changes) for mp in megapixels])


def test_twice_the_pixels_and_the_cost_at_the_largest_size():
    (card,) = growth_cards(sizes(0.5, 1, 2, 4))
    (factor, words), (_, where) = card.figures
    assert 1.9 < float(factor.removesuffix(" x")) < 2.3 and "twice the pixels" in words and "4.0 MP" in where
    assert "times as long" in growth_lead(sizes(0.5, 1, 2, 4))


def test_two_sizes_say_nothing_about_growth():
    (card,) = growth_cards(sizes(1, 2))
    assert len(card.figures) == 1 and not card.is_sure and "not known" in growth_lead(sizes(1, 2))


def test_a_wrong_size_is_named_and_not_counted():
    wrong = sizes(8, status="failed", cause="disagreed")
    (card,) = growth_cards([*sizes(0.5, 1, 2, 4), *wrong])
    assert not card.is_right and "8.0 MP" in card.right and "4.0 MP" in card.figures[1][1]


def test_a_busy_machine_says_nothing_about_growth():
    (card,) = growth_cards(sizes(0.5, 1, 2, 4, suspect=("other processes used 1.5 of 2 processors",)))
    assert len(card.figures) == 1 and not card.is_sure and "other processes" in card.sure
