"""Sentences from planted numbers: factory rows whose costs are known."""

from __future__ import annotations

import re

import pytest

from tests.results import factory
from toolkit.results.rows.report_numbers import metrics
from toolkit.results.sentences.conclusions import conclude
from toolkit.results.sentences.model_conclusions import conclude_models


@pytest.fixture(scope="module")
def rows():
    return factory.four_styles(megapixels=(0.5, 1, 2, 4, 12.2))


def sentences(measurements):
    entries = conclude(measurements).entries
    return {heading: " ".join(s for h, s in entries if h == heading) for heading, _ in entries}


def test_cost_names_every_style_slowest_first(rows):
    said = sentences(rows)["Cost"]
    order = sorted(factory.PER_MP_S, key=factory.PER_MP_S.get, reverse=True)
    assert [said.index(name) for name in order] == sorted(said.index(name) for name in order)
    assert "measured at 1.0 MP" in said
    assert "@opencv" not in said
    assert "oil_painting takes 9" in said
    assert "95 % intervals within" in said


def test_share_is_of_the_largest_size_that_every_style_got_right(rows):
    said = sentences(rows)["One photo in every style"]
    assert "4.0 MP" in said
    assert "oil_painting" in said


def test_growth_gives_the_planted_exponent(rows):
    assert "1.04 [" in sentences(rows)["Growth with size"]
    assert "Growth with size" not in sentences(factory.four_styles(megapixels=(0.5, 1, 2)))


def test_workers_give_throughput_and_efficiency(rows):
    said = sentences(rows)["2 workers"]
    assert all(name in said for name in factory.PER_MP_S)
    assert "89 % efficiency [" in said  # two workers, each 1.12 times slower


def test_a_failed_row_is_named_with_its_sentence_and_is_in_no_cost(rows):
    said = sentences(rows)
    assert "stylization at 12.2 MP" in said["Failed"]
    assert factory.TOO_LARGE.rstrip(".").replace("@opencv", "") in said["Failed"]
    assert said["Failed"].count("stylization at 12.2 MP") == 1


def test_shrinking_gives_speed_and_what_it_costs():
    full = factory.make_measurement(megapixels=4)
    small = factory.make_measurement(
        megapixels=4,
        steps=(("fit_pixels", (("pixels", 1_000_000),)),),
        latency_s=0.25 * 0.6 * 4**1.04,
        quality={"psnr_db": 24.3, "ssim": 0.81},
    )
    said = sentences([full, small])["Shrinking first"]
    assert "4.0 MP through fit_pixels 1.0 MP" in said
    assert "24.3 dB and SSIM 0.81" in said
    assert re.search(r" (3\.[89]|4\.[01])\d* times as fast", said)


def test_what_was_not_measured_is_not_mentioned():
    assert set(sentences([factory.make_measurement()])) == {"Cost", "Peak memory", "Evidence"}
    assert str(conclude([])) == "Evidence: Nothing was measured."


def test_disturbed_rows_are_counted():
    rows = [
        factory.make_measurement(suspect=("steal 12 % of the time",)),
        factory.make_measurement("oil_painting"),
    ]
    assert "disturbed a block in 1 of 2 rows" in sentences(rows)["Evidence"]
    assert metrics(rows)["rows"] == {"ok": 2, "failed": 0, "skipped": 0, "suspect": 1}


def test_threads_are_held_against_one_thread():
    rows = factory.four_styles(megapixels=(1,), workers=(1,), threads=(1, 2))
    said = sentences(rows)["2 threads"]
    assert said.startswith("One process at 1.0 MP, speed-up over one thread: 1.6")
    assert "[1.5" in said


def test_two_backends_keep_their_names():
    rows = [factory.make_measurement(), factory.make_measurement(backend="numba", latency_s=0.2)]
    said = sentences(rows)["Cost"]
    assert "stylization@opencv" in said
    assert "stylization@numba" in said


def test_html_is_escaped():
    rows = [factory.make_measurement(status="failed", cause="raised", note="a < b & c")]
    assert "a &lt; b &amp; c" in conclude(rows)._repr_html_()


def test_metrics_hold_every_series(rows):
    series = {(s["name"], s["workers"]): s for s in metrics(rows)["series"]}
    one = series["oil_painting@opencv", 1]
    assert one["latency_s"][1] == pytest.approx(0.95, rel=0.03)
    assert one["exponent"] == pytest.approx(1.04, abs=0.03)
    assert max(series["stylization@opencv", 1]["megapixels"]) < 5


def test_only_rows_that_took_turns_are_said_to_have_taken_turns():
    base, quick = factory.make_measurement(), factory.make_measurement(backend="numba")
    assert "taking turns in random order" in sentences([base, quick])["Evidence"]
    earlier = factory.later(factory.make_measurement(backend="numpy"), hours=-1)
    said = sentences([base, quick, earlier])["Evidence"]
    assert "2 of 3 rows took turns" in said and "1 row was measured earlier" in said
    sizes = [factory.make_measurement(megapixels=size) for size in (1, 2, 4)]
    assert "turns" not in sentences(sizes)["Evidence"]


def test_no_speed_up_is_said_of_runs_that_were_measured_apart():
    one = factory.make_measurement(threads=1)
    two, both = (
        factory.later(factory.make_measurement(**more), hours=1) for more in ({"threads": 2}, {"workers": 2})
    )
    assert not {"2 threads", "2 workers"} & set(sentences([one, two, both]))


def test_on_a_busy_machine_the_first_sentence_forbids_the_figures_and_nothing_is_ranked():
    rows = [
        factory.make_measurement(
            name, backend=backend, latency_s=s, suspect=("other processes used 1.5 of 2 processors",)
        )
        for name in ("stylization", "oil_painting")
        for backend, s in (("opencv", 0.4), ("numba", 0.1))
    ]
    for found in (conclude(rows), conclude_models(rows)):
        first, *rest = found.entries
        assert "do not use these figures" in first[1]
        assert [heading for heading, _ in rest] == ["Evidence"]


def test_an_interval_that_contains_1_is_no_difference():
    alike = {"latency_s": 0.2, "jitter": 0.05}
    threads = [factory.make_measurement(threads=n, **alike) for n in (1, 2)]
    assert "no difference seen [" in sentences(threads)["2 threads"]
    models = conclude_models(
        [factory.make_measurement(backend=name, **alike) for name in ("opencv", "numba")]
    )
    assert "times as fast" not in str(models)
