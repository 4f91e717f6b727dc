"""The closing sentence of a sweep over executors."""

from __future__ import annotations

from dataclasses import replace

from tests.results.factory import make_measurement
from toolkit.contracts.turns import TURNS
from toolkit.results.sentences.throughput import throughput_sentences


def swept(**changes):
    settings = [("processes", 1, 1, 0.2), ("threads", 2, 1, 0.21), ("processes", 2, 1, 0.3)]
    return [
        make_measurement(executor=e, workers=w, threads=t, latency_s=s, **changes) for e, w, t, s in settings
    ]


def test_one_sentence_names_the_setting_to_take_and_how_many_times_as_many_pictures():
    [said] = throughput_sentences(swept())
    assert "take threads, 2 workers of 1 thread" in said
    assert "times as many" in said and "every other setting makes fewer" in said


def test_settings_without_a_difference_are_named():
    [said] = throughput_sentences([*swept(), make_measurement(executor="inline", workers=2, latency_s=0.21)])
    assert "no difference seen from" in said


def test_rows_measured_apart_are_not_ranked():
    rows = [replace(m, provenance={**m.provenance, TURNS: str(n)}) for n, m in enumerate(swept())]
    [said] = throughput_sentences(rows)
    assert "measured apart" in said and "take" not in said


def test_each_operation_has_a_sentence_and_one_without_a_right_picture_says_so():
    wrong = make_measurement("oil_painting", status="failed", cause="disagreed", executor="threads")
    said = throughput_sentences([*swept(), wrong])
    assert len(said) == 2
    assert sum("no setting gave a right picture" in one for one in said) == 1


def test_a_busy_machine_gives_no_advice():
    doubt = ("load 5.0 on 2 cores",)
    busy = [replace(m, blocks=tuple(replace(b, suspect=doubt) for b in m.blocks)) for m in swept()]
    [said] = throughput_sentences(busy)
    assert "busy" in said and "take" not in said
