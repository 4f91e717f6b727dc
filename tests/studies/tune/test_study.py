"""Live searches over planted ways whose times and faults are known."""

from __future__ import annotations

from pathlib import Path

import pytest

import toolkit as tk
from tests.bench.planted import PLUGINS
from toolkit.core.errors import InvalidValue, TrialFailed, Unavailable
from toolkit.results.store.store import Store
from toolkit.studies.tune.answers import Study
from toolkit.studies.tune.cells_table import cells_table
from toolkit.studies.tune.configuration import Configuration, read_configuration
from toolkit.studies.tune.verify import verify

WAYS = PLUGINS / "many_ways.py"
SMALL = {"size": "64x48", "images": ("coffee",)}


def _plugins() -> tuple[tuple[str, str], ...]:
    return ((str(WAYS), tk.load_plugin(WAYS)),)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("tune") / "store.sqlite")


@pytest.fixture(scope="module")
def study(store: Store) -> Study:
    return tk.tune("many_ways", plugins=_plugins(), budget_s=80.0, min_agreement_db=40, store=store, **SMALL)


def test_the_quick_way_wins_and_the_default_is_measured_in_turns(study: Study) -> None:
    assert study.candidates[0].backend == "opencv:quick"
    assert "opencv:quick" in study.lines()[0]
    if study.winner is None:  # the machine was disturbed
        assert study.lines()[0].startswith("CAN'T TELL")
        return
    verdict = study.against_default()
    assert verdict is not None
    assert 3 < verdict.ratio < 7


def test_ways_that_hang_crash_or_make_a_wrong_picture_are_named_and_passed_over(study: Study) -> None:
    rejected = {study.space.trials[r.cell].backend: r for r in study.found.rejections}
    assert {"opencv:wrong", "opencv:dies", "opencv:hangs"} <= rejected.keys()
    assert "no answer" in rejected["opencv:hangs"].reason
    looked = [study.space.trials[cell].backend for cell in study.found.looks]
    assert looked.count("opencv:hangs") == 1
    assert looked.count("opencv:dies") == 1
    text = str(study)
    assert "Rejected: opencv:hangs" in text
    assert f"of {len(study.space)} combinations of settings" in text


def test_the_study_has_a_row_for_each_cell_that_was_measured(study: Study) -> None:
    frame = study.to_frame()
    assert frame["is_winner"].sum() == (study.winner is not None)
    assert (frame[frame["is_winner"]]["rounds"] >= 3).all()
    assert study.n_measured <= len(study.space)


def test_the_table_of_a_study_names_results_and_reasons(study: Study) -> None:
    table = cells_table(study)
    text = table.text()
    assert ("winner" in text) == (study.winner is not None)
    assert "no answer" in text
    assert table.rows[0][0].text.startswith("opencv:quick")
    assert len(table.frame) == len(study.to_frame())


def test_the_configuration_of_a_study_is_read_run_and_verified(study: Study, tmp_path: Path) -> None:
    if study.winner is None:  # the machine was disturbed
        with pytest.raises(TrialFailed, match="CAN'T TELL"):
            study.configuration()
        return
    path = study.configuration().write(tmp_path / "ways.yaml")
    configuration = read_configuration(path)
    assert configuration.trial == study.winner
    assert {"asked", "found", "against", "made_for"} <= configuration.record.keys()
    with tk.load_config(path) as run:
        assert run(tk.photo("coffee")).shape == tk.photo("coffee").shape
    verified = verify(configuration, budget_s=8.0)
    assert verified.outcome == "HOLDS", str(verified)


def test_a_limit_that_no_longer_holds_is_named(study: Study) -> None:
    asked = {"minimize": "latency", "max_p95_ms": 0.5}
    verified = verify(Configuration(trial=study.candidates[0], record={"asked": asked}), budget_s=3.0)
    assert verified.outcome == "NO LONGER HOLDS"
    assert "p95" in verified.lines()[0]


def test_nothing_feasible_names_the_nearest_and_reuses_what_is_stored(study: Study, store: Store) -> None:
    before = len(store.all())
    second = tk.tune("many_ways", plugins=_plugins(), budget_s=60.0, max_p95_ms=0.5, store=store, **SMALL)
    assert not second.is_found
    assert second.nearest is not None
    assert second.found.n_known >= 4
    assert "misses" in second.lines()[0]
    assert len(store.all()) - before <= len(second.space) - second.found.n_known
    with pytest.raises(TrialFailed, match="feasible"):
        second.configuration()


def test_a_wrong_request_is_refused_before_anything_is_measured(store: Store) -> None:
    with pytest.raises(InvalidValue, match="ground truth"):
        tk.tune("oil_painting", min_psnr_db=30, store=store)
    with pytest.raises(InvalidValue, match="above 0"):
        tk.tune("oil_painting", max_p95_ms=-1, store=store)
    with pytest.raises(InvalidValue, match="min_psnr_db"):
        tk.tune("oil_painting", caps_mp=(0.1,), store=store)


def test_missing_weights_are_named(store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ATELIER_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path))
    with pytest.raises(Unavailable, match="weights"):
        tk.tune("anime", size="64x64", store=store, budget_s=5)
