"""A case is measured in fresh processes that take turns, and stored."""

from __future__ import annotations

import pytest

from toolkit.core.errors import InvalidValue
from toolkit.studies import cases

TINY = {
    "photo": "chelsea",
    "width": 80,
    "height": 60,
    "shrink_px": 1200,
    "workers": 2,
    "concurrent": [1],
    "patience_s": 60.0,
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("home")
        patch.setenv("ATELIER_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def run(home):
    return cases.measure_case("1_art_workshop", TINY, rounds=2, seconds=0.05, budget_s=1e-9)


def test_each_procedure_has_a_block_with_its_start_and_its_requests(run):
    assert [r.status for r in run.rows] == ["ok"] * len(run.rows), [r.note for r in run.rows]
    for row in run.rows:
        (block,) = row.blocks
        assert block.spawn_s > 0 and block.first_s > 0 and min(block.samples_s) > 0


def test_the_budget_leaves_out_rounds_but_no_procedure(run):
    assert run.is_cut and run.n_rounds == 1
    assert "left out 1 round" in repr(run)


def test_memory_counts_the_processes_of_a_pool(run):
    assert run.row("one_by_one").processes == 1
    assert run.row("shrunk_warm").processes >= 3
    assert run.row("shrunk_warm").peak_bytes > run.row("one_by_one").peak_bytes > 10e6


def test_pictures_are_compared_with_ours_at_full_size(run):
    assert run.row("one_by_one").worst_psnr_db is None or run.row("one_by_one").worst_psnr_db > 30
    assert run.row("shrunk_warm").worst_psnr_db < 30
    assert len(run.pictures) == 3


def test_probes_answer(run):
    assert run.errors == {}
    assert run.fact("concurrency", "one_by_one") == 1
    assert (run.fact("cache", "hits_of_held"), run.fact("cache", "hits_of_two_more")) == (10, 0)


def test_the_run_is_stored_without_its_pictures(run, home):
    (file,) = home.glob("data/results/cases/1_art_workshop/*.json")
    found = cases.load_run(file)
    assert (found.rows, found.facts, found.settings) == (run.rows, run.facts, run.settings)
    assert file.stat().st_size < 200_000


def test_no_rounds_are_refused():
    with pytest.raises(InvalidValue, match="rounds"):
        cases.measure_case("1_art_workshop", TINY, rounds=0)
