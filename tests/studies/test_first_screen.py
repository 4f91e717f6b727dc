"""The first screen of a notebook: its answer with pictures made now, and what it says where rows are missing."""

from __future__ import annotations

from dataclasses import replace

from tests.results.factory import MACHINE, make_measurement
from tests.results.sentences.test_answer import in_turns
from toolkit.results.rows.summarising import summarise
from toolkit.studies import first_screen
from toolkit.studies.collection import Collected

SIZES = (0.01, 0.02, 0.03, 0.04)


def collected(measurements, **changes):
    given = {"n_now": len(measurements), "n_earlier": 0, "n_left": 0, "n_changed": 0, "earliest": ""}
    return Collected(measurements=measurements, machine=MACHINE, **{**given, **changes})


def two_ways(**changes):
    ways = [("opencv", 0.4), ("numba", 0.02)]
    return in_turns(
        *(
            make_measurement("pencil_sketch", backend=name, latency_s=s, megapixels=0.02, **changes)
            for name, s in ways
        )
    )


def test_the_best_way_has_its_picture_and_both_times():
    screen = first_screen.best_ways(collected(two_ways()))
    (card,) = screen.cards
    assert card.take.startswith("numba") and card.pair.before.shape[:2] == card.pair.after.shape[:2]
    assert "numba 20" in card.pair.right and "opencv 4" in card.pair.right
    assert "times faster than opencv" in str(screen) and "complete: 2 rows" in screen.html()


def test_a_busy_machine_says_so_first_and_ranks_nothing():
    doubt = ("other processes used 1.5 of 2 processors",)
    screen = first_screen.best_ways(collected(two_ways(suspect=doubt)))
    assert str(screen).startswith("This machine was busy (1.5 of 2 cores")
    assert "faster" not in screen.html().partition("</style>")[2]


def test_other_rows_answer_where_those_that_were_asked_are_missing():
    screen = first_screen.best_ways(collected(two_ways(), n_left=3), [])
    assert len(screen.cards) == 1 and "partial: 2 of 5 rows" in screen.html()
    assert str(first_screen.best_ways(collected([]))) == "Nothing was measured."


def test_growth_and_scaling_show_a_picture_for_each_operation():
    rows = [make_measurement("pencil_sketch", megapixels=mp) for mp in SIZES]
    (card,) = first_screen.growth(collected(rows)).cards
    assert card.pair is not None and "twice the pixels" in card.figures[0][1]
    rows = [make_measurement("pencil_sketch", megapixels=0.02, workers=n) for n in (1, 2)]
    (card,) = first_screen.scaling(collected(rows)).cards
    assert card.take == "2 workers of 1 thread"


def test_an_enlarged_picture_is_shown_beside_its_enlarged_input():
    (row,) = summarise(
        [make_measurement("bicubic", width=32, height=24, latency_s=0.001, images=("chelsea",))]
    )
    pair = first_screen.pair_of(row)
    assert pair.left == "input, bicubic" and pair.before.shape == pair.after.shape


def test_a_picture_that_cannot_be_made_leaves_the_card():
    gone = [replace(m, trial=m.trial.with_(images=("no/such.jpg",))) for m in two_ways()]
    (card,) = first_screen.best_ways(collected(gone)).cards
    assert card.pair is None and card.figures
