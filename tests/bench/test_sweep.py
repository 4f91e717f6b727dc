"""A grid becomes trials, trials become measurements, and nothing is measured twice."""

import dataclasses
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.bench.small_grid import grid
from toolkit.bench.plan import Plan
from toolkit.bench.sweep import Progress, pending, sweep, why_skipped
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.operation import load_plugin
from toolkit.core.errors import InvalidValue
from toolkit.results.store.store import Store

PLUGINS = Path(__file__).parent.parent / "plugins"
ONE = Plan(blocks=1, seconds=0.0, timeout_s=30.0)
STEP = (("fit_side", {"side": 20}),)


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)


def test_every_trial_has_its_answer_and_progress_counts_to_the_total():
    steps: list[Progress] = []
    asked = grid(sizes=((32, 24), (40, 30)))
    answers = list(sweep(asked, plan=dataclasses.replace(ONE, blocks=2), on_progress=steps.append))
    assert [m.trial for m in answers] == asked.trials()
    assert {m.status for m in answers} == {"ok"}
    assert [p.done for p in steps] == list(range(1, 7))
    assert {p.total for p in steps} == {6}
    assert {p.trial for p in steps} == set(asked.trials())
    assert steps[-1].left_s == pytest.approx(0, abs=1e-6)
    assert all(p.left_s > 0 for p in steps[:-1])


def test_progress_counts_a_trial_that_cannot_run_too():
    sha = load_plugin(PLUGINS / "needs_nothing_you_have.py")
    steps: list[Progress] = []
    asked = grid(
        backends=("needs_nothing_you_have",), plugins=((str(PLUGINS / "needs_nothing_you_have.py"), sha),)
    )
    (answer,) = sweep(asked, plan=ONE, on_progress=steps.append)
    assert answer.status == "skipped"
    assert [p.done for p in steps] == [1, 2] and steps[-1].total == 2


class TestResuming:
    def test_what_is_known_is_not_measured_again(self, tmp_path):
        store = Store(tmp_path / "store.sqlite")
        for answer in sweep(grid(), plan=ONE):
            store.add(answer)
        assert store.keys() == {m.key for m in store.all()} and len(store) == 1

        steps: list[Progress] = []
        assert list(sweep(grid(), skip=store.keys(), plan=ONE, on_progress=steps.append)) == []
        assert steps == [] and pending(grid(), skip=store.keys()) == []

        more = grid(steps=((), STEP))
        assert [bool(t.steps) for t in pending(more, skip=store.keys())] == [True]
        added = list(sweep(more, skip=store.keys(), plan=ONE))
        assert [bool(m.trial.steps) for m in added] == [True]

    def test_a_sweep_with_nothing_to_do_does_not_wait_for_the_lock(self, tmp_path):
        code = "from toolkit.bench.lock import measuring_lock\nwith measuring_lock():\n    print(flush=True), input()\n"
        keys = {m.key for m in sweep(grid(), plan=ONE)}
        holder = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            assert holder.stdout.readline() == "\n"
            said: list[str] = []
            assert list(sweep(grid(), skip=keys, plan=ONE, on_wait=said.append)) == []
            assert said == []
        finally:
            holder.communicate("\n")

    def test_keys_of_a_trip_through_json_count(self):
        (answer,) = sweep(grid(), plan=ONE)
        back = Measurement.from_dict(json.loads(json.dumps(answer.to_dict())))
        assert pending(grid(), skip={back.key}) == []


class TestBudget:
    asked = grid(sizes=((32, 24), (40, 30), (48, 32)))

    def test_a_spent_one_leaves_out_rows_but_no_operation(self, tmp_path):
        two = grid(operations=("oil_painting", "detail_enhance"), sizes=((32, 24), (40, 30)), threads=(1, 2))
        found = list(sweep(two, plan=ONE, budget_s=-1.0))
        assert [(m.trial.operation, m.trial.width) for m in found] == [
            ("oil_painting", 32),
            ("detail_enhance", 32),
        ]
        assert list(sweep(two, skip={m.key for m in found}, plan=ONE, budget_s=-1.0)) == []

    def test_the_first_group_of_each_operation_comes_before_the_others(self):
        two = grid(operations=("oil_painting", "detail_enhance"), sizes=((32, 24), (40, 30)))
        order = [(m.trial.operation, m.trial.width) for m in sweep(two, plan=ONE)]
        assert [operation for operation, _ in order[:2]] == ["oil_painting", "detail_enhance"]
        assert [width for _, width in order] == [32, 32, 40, 40]

    def test_a_group_that_was_started_is_finished_and_no_other_begins(self):
        found = []
        for answer in sweep(self.asked, plan=ONE, budget_s=0.2):
            found.append(answer)
            time.sleep(0.2)
        assert [m.trial.width for m in found] == [32]


def test_bad_input_is_told_before_anything_is_measured(tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    steps: list[Progress] = []
    with pytest.raises(InvalidValue, match="broken.png"):
        next(sweep(grid(images=("coffee", str(tmp_path / "broken.png"))), plan=ONE, on_progress=steps.append))
    assert steps == []


def test_why_skipped_measures_nothing_and_says_the_sentence():
    load_plugin(PLUGINS / "needs_nothing_you_have.py")
    assert why_skipped(make_trial("oil_painting", "opencv")) == ""
    assert "pip install nothing-you-have" in why_skipped(make_trial("oil_painting", "needs_nothing_you_have"))
    assert "must be one of cpu; got 'cuda'" in why_skipped(
        make_trial("oil_painting", "opencv", device="cuda")
    )
    load_plugin(PLUGINS / "sleeps.py")
    assert "cannot run on backend 'numpy'" in why_skipped(make_trial("sleeps", "numpy"))
