"""An answer names the fastest right way, and is sure only where the ways took turns on a quiet machine."""

from __future__ import annotations

from dataclasses import replace

from tests.results.factory import make_measurement
from toolkit.results.rows.quiet import busy_sentence
from toolkit.results.sentences.answer import answers


def in_turns(*measurements, turns="a", suspect=()):
    """The same measurements with the id of one group that took turns."""
    return [
        replace(
            m,
            blocks=tuple(replace(block, suspect=suspect or block.suspect) for block in m.blocks),
            provenance={**m.provenance, "turns": turns},
        )
        for m in measurements
    ]


def two_ways(**changes):
    slow = make_measurement("oil_painting", backend="opencv", latency_s=0.42)
    fast = make_measurement("oil_painting", backend="numba", **{"latency_s": 0.03, **changes})
    return slow, fast


def test_it_names_the_way_how_much_faster_the_cost_and_why_it_is_sure():
    (answer,) = answers(in_turns(*two_ways()))
    assert (answer.take, answer.usual_way) == ("numba, 1 thread", "opencv, 1 thread")
    assert answer.is_sure and answer.is_faster and answer.is_right
    low, high = answer.speedup.low, answer.speedup.high
    assert low < 14 < high and answer.row.trial.backend == "numba"
    assert (
        "take numba, 1 thread, 1" in str(answer) and "faster (1" in str(answer) and "3 rounds" in str(answer)
    )


def test_ways_that_did_not_take_turns_are_not_sure():
    slow, fast = two_ways()
    (answer,) = answers([*in_turns(slow), *in_turns(fast, turns="b")])
    assert not answer.is_sure and "not measured in turns" in answer.why


def test_no_difference_is_seen_where_the_interval_contains_1():
    (answer,) = answers(in_turns(*two_ways(latency_s=0.418, jitter=0.05)))
    assert not answer.is_faster and not answer.is_sure and "no difference seen" in str(answer)


def test_a_wrong_way_never_wins_and_its_wrong_picture_is_told():
    slow, fast = two_ways(status="failed", cause="disagreed", note="oil_painting@numba differs by 90.")
    (answer,) = answers(in_turns(slow, fast))
    assert answer.row.trial.backend == "opencv"
    slow, fast = two_ways()
    wrong = replace(slow, status="failed", cause="disagreed")
    (answer,) = answers(in_turns(wrong, fast))
    assert answer.row.trial.backend == "numba" and "opencv's picture is wrong" in answer.right_why


def test_wrong_ways_that_are_not_the_usual_ones_have_nothing_to_be_compared_with():
    wrong = {"status": "failed", "cause": "empty picture", "note": "It shows nothing."}
    rows = [make_measurement("oil_painting", backend=name, **wrong) for name in ("numba", "numpy")]
    (answer,) = answers(in_turns(*rows))
    assert not answer.is_right and answer.usual is None


def test_where_every_picture_is_wrong_there_is_no_way_to_take():
    wrong = [make_measurement("oil_painting", status="failed", cause="disagreed", note="It differs.")]
    (answer,) = answers(wrong)
    assert not answer.is_right and "no backend gives a right picture" in str(answer)


def test_a_disturbed_row_makes_the_answer_less_sure_and_all_rows_a_busy_machine():
    doubt = ("other processes used 1.5 of 2 processors",)
    slow, fast = two_ways(suspect=doubt)
    (answer,) = answers(in_turns(slow, fast))
    assert not answer.is_sure and "other processes" in answer.why
    assert busy_sentence([slow, fast]) == ""
    assert "1.5 of 2 cores" in busy_sentence([fast]) and "do not use" in busy_sentence([fast])


def test_the_largest_size_at_which_ways_were_compared_is_asked():
    alone = make_measurement("oil_painting", backend="numba", megapixels=4)
    (answer,) = answers([*in_turns(*two_ways()), alone])
    assert answer.size == "1.0 MP"


def test_on_a_busy_machine_figures_are_given_and_nothing_is_ranked():
    doubt = ("other processes used 1.5 of 2 processors",)
    slow, fast = two_ways(suspect=doubt)
    slow = make_measurement("oil_painting", backend="opencv", latency_s=0.42, suspect=doubt)
    (answer,) = answers(in_turns(slow, fast, suspect=doubt))
    assert answer.is_busy and not answer.is_sure and answer.speedup is None
    words = str(answer).split()
    assert "ms" in words and not {"faster", "take", "sure:"} & set(words)


def test_rows_that_did_not_take_turns_get_no_ratio():
    slow, fast = two_ways()
    (answer,) = answers([*in_turns(slow), *in_turns(fast, turns="b")])
    assert answer.speedup is None and "faster" not in str(answer)
    assert "atelier compare" in str(answer)


def test_a_wrong_usual_way_that_took_less_time_is_called_faster_and_wrong():
    wrong = make_measurement(
        "oil_painting", backend="opencv", latency_s=0.003, status="failed", cause="disagreed"
    )
    (answer,) = answers(in_turns(wrong, two_ways()[1]))
    assert answer.row.trial.backend == "numba"
    assert "x slower" in str(answer) and "opencv's picture is wrong" in str(answer)


def test_one_block_gives_no_interval_and_a_size_with_a_right_picture_counts():
    (answer,) = answers(in_turns(*two_ways(blocks=1)))
    assert not answer.is_sure and "too few for an interval" in answer.why
    right = make_measurement("oil_painting", megapixels=4)
    wrong = [
        make_measurement("oil_painting", megapixels=12, backend=name, status="failed", cause="disagreed")
        for name in ("opencv", "numba")
    ]
    (answer,) = answers([right, *wrong])
    assert answer.size == "4.0 MP"
