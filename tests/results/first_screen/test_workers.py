"""Cards and the lead of a report about workers and threads."""

from __future__ import annotations

from tests.results.factory import make_measurement
from tests.results.sentences.test_answer import in_turns
from toolkit.results.first_screen.workers import workers_cards, workers_lead
from toolkit.results.rows.summarising import summarise

BUSY = ("other processes used 1.5 of 2 processors",)


def ways(*, suspect=(), **latency_s):
    """Rows of 1 or 2 workers with 1 or 2 threads, named w1t1, ..., that took turns."""
    made = [
        make_measurement("oil_painting", workers=int(way[1]), threads=int(way[3]), latency_s=s)
        for way, s in latency_s.items()
    ]
    return summarise(in_turns(*made, suspect=suspect))


def test_it_takes_the_way_with_the_most_pictures_a_second():
    rows = ways(w1t1=0.40, w1t2=0.25, w2t1=0.42)
    (card,) = workers_cards(rows)
    assert card.take == "2 workers of 1 thread" and card.is_sure
    assert 1.8 < float(card.figures[0][0].removesuffix(" x")) < 2.0
    assert "2 workers of 1 thread" in workers_lead(rows) and "pictures per second" in workers_lead(rows)


def test_ways_within_the_interval_are_named():
    (card,) = workers_cards(ways(w1t1=0.40, w1t2=0.21, w2t1=0.42))
    assert not card.is_sure and "No difference seen" in card.sure


def test_nothing_is_ranked_on_a_busy_machine_or_where_ways_were_measured_apart():
    (busy,) = workers_cards(ways(w1t1=0.40, w2t1=0.42, suspect=BUSY))
    assert len(busy.figures) == 1 and busy.verb == "Measured" and not busy.is_sure
    one, two = (make_measurement("oil_painting", workers=n, latency_s=0.4) for n in (1, 2))
    (apart,) = workers_cards(summarise([*in_turns(one), *in_turns(two, turns="b")]))
    assert len(apart.figures) == 1 and "not measured in turns" in apart.sure
    lead = workers_lead(summarise([*in_turns(one), *in_turns(two, turns="b")]))
    assert "times as many" not in lead and "measured apart" in lead


def test_executors_of_one_operation_share_its_card():
    rows = summarise(
        in_turns(
            make_measurement("oil_painting", latency_s=0.4),
            make_measurement("oil_painting", executor="threads", latency_s=0.41),
            make_measurement("oil_painting", executor="threads", workers=2, latency_s=0.42),
        )
    )
    (card,) = workers_cards(rows)
    assert card.take == "2 workers of 1 thread (threads)"
    assert "1 worker of 1 thread (threads)" not in " ".join(card.figures[0])
