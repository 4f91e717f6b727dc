"""Cards and the lead of a report that compares ways."""

from __future__ import annotations

from tests.results.factory import make_measurement
from tests.results.sentences.test_answer import in_turns, two_ways
from toolkit.results.first_screen.ways import way_cards, way_lead
from toolkit.results.sentences.answer import answers


def test_a_card_says_what_a_boss_wants_to_know():
    found = answers(in_turns(*two_ways()))
    (card,) = way_cards(found, {})
    (factor, words), (time, where) = card.figures
    assert factor.endswith(" x") and "faster than opencv, 1 thread (1" in words
    assert time == found[0].time and "1.0 MP" in where and "MB" in where
    assert card.take == "numba, 1 thread" and card.is_sure and card.right.startswith("Right")
    assert "opencv, 1 thread: 4" in card.sure


def test_the_lead_names_one_way_for_all_and_what_they_cost_together():
    other = [
        make_measurement("stylization", backend=name, latency_s=s)
        for name, s in (("opencv", 0.6), ("numba", 0.02))
    ]
    lead = way_lead(answers(in_turns(*two_ways(), *other)))
    assert "Take **numba** for every operation" in lead and "14 to 30 times faster than opencv" in lead
    assert "All 2 operations at 1.0 MP take" in lead and "instead of 1.0" in lead


def test_no_ranking_word_on_a_busy_machine_or_where_nothing_is_right():
    doubt = ("other processes used 1.5 of 2 processors",)
    (card,) = way_cards(answers(in_turns(*two_ways(), suspect=doubt)), {})
    assert card.verb == "Measured" and "faster" not in str(card.figures)
    wrong = make_measurement("oil_painting", status="failed", cause="disagreed", note="It differs.")
    assert (
        "No backend made a right picture" in way_lead(answers([wrong]))
        and way_lead([]) == "Nothing was measured."
    )


def test_an_operation_measured_while_the_machine_was_busy_is_not_ranked_beside_a_quiet_one():
    doubt = ("other processes used 1.5 of 2 processors",)
    busy = [
        make_measurement("stylization", backend=name, latency_s=s, suspect=doubt)
        for name, s in (("opencv", 0.6), ("numba", 0.02))
    ]
    found = answers(in_turns(*two_ways(), *busy))
    lead = way_lead(found)
    assert "for oil painting: **1" in lead and "times faster than opencv" in lead
    assert "Nothing is recommended for stylization" in lead and "30" not in lead
    verbs = {card.name: card.verb for card in way_cards(found, {})}
    assert verbs == {"oil_painting": "Take", "stylization": "Measured"}


def test_no_difference_is_said_as_such():
    same = in_turns(*two_ways(latency_s=0.418, jitter=0.05))
    (card,) = way_cards(answers(same), {})
    assert "no difference seen" in card.figures[0][1] and "no difference seen" in way_lead(answers(same))


def test_rows_measured_apart_are_neither_faster_nor_alike_in_the_lead():
    slow, fast = two_ways()
    lead = way_lead(answers([*in_turns(slow), *in_turns(fast, turns="b")]))
    assert (
        "not sure" in lead and "faster" not in lead and "no difference" not in lead and "instead" not in lead
    )


def test_models_that_were_compared_with_one_truth_show_their_quality():
    made = [
        make_measurement("fsrcnn", backend=name, latency_s=s, quality={"psnr_y_db": db})
        for name, s, db in (("onnxruntime", 0.2, 31.2), ("openvino", 0.3, 31.2))
    ]
    made.append(make_measurement("bicubic", latency_s=0.01, quality={"psnr_y_db": 30.1}))
    found = answers(in_turns(*made))
    assert ("31.20 dB", "PSNR-Y against the ground truth") in [
        card.figures[-1] for card in way_cards(found, {})
    ]
    assert "bicubic" in way_lead(found) and "for FSRCNN" in way_lead(found)
    assert "Best picture: FSRCNN" in way_lead(found) and "least time: Bicubic" in way_lead(found)
