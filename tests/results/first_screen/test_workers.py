"""Cards and the lead of a report about workers and threads."""

from __future__ import annotations

from tests.results.factory import make_measurement
from toolkit.results.first_screen.workers import workers_cards, workers_lead
from toolkit.results.rows.summarising import summarise


def ways(**latency_s):
    """Rows of 1 or 2 workers with 1 or 2 threads, named w1t1, ..."""
    return summarise(
        [
            make_measurement("oil_painting", workers=int(way[1]), threads=int(way[3]), latency_s=s)
            for way, s in latency_s.items()
        ]
    )


def test_it_takes_the_way_with_the_most_pictures_a_second():
    rows = ways(w1t1=0.40, w1t2=0.25, w2t1=0.42)
    (card,) = workers_cards(rows)
    assert card.take == "2 workers of 1 thread" and card.is_sure
    assert 1.8 < float(card.figures[0][0].removesuffix(" x")) < 2.0
    assert "2 workers of 1 thread" in workers_lead(rows) and "pictures a second" in workers_lead(rows)


def test_ways_within_the_interval_are_named():
    (card,) = workers_cards(ways(w1t1=0.40, w1t2=0.21, w2t1=0.42))
    assert not card.is_sure and "No difference seen" in card.sure
