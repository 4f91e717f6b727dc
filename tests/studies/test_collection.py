"""`collect` measures the trials that are not in the store, and no others."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

import toolkit as tk
from toolkit.bench.lock import measuring_lock
from toolkit.contracts.turns import took_turns
from toolkit.core.errors import InvalidValue, UnknownName
from toolkit.studies.collection import collect
from toolkit.studies.compare import compare

pytestmark = pytest.mark.usefixtures("few_calls")
ROOT = Path(__file__).parents[2]
TINY = {"operations": ("pencil_sketch",), "backends": ("opencv",), "images": ("chelsea",)}


@pytest.fixture
def store(tmp_path):
    return tk.Store(tmp_path / "store.sqlite")


def test_a_second_call_measures_nothing_and_gives_the_same(store):
    grids = (tk.Grid(**TINY, megapixels=(0.01,)), ["pencil_sketch@opencv:images=chelsea,megapixels=0.005"])
    first = collect(*grids, store=store)
    assert (first.n_now, first.n_earlier, first.n_left) == (2, 0, 0)
    assert [m.trial.megapixels for m in first.measurements] == sorted(
        m.trial.megapixels for m in first.measurements
    )
    second = collect(*grids, store=store)
    assert (second.n_now, second.n_earlier) == (0, 2)
    assert [m.samples_s for m in second.measurements] == [m.samples_s for m in first.measurements]
    assert str(second).startswith(
        f"2 of 2 trials were measured earlier, the oldest at {second.earliest[:10]}"
    )


def test_what_compare_does_not_measure_is_measured_when_a_report_asks_for_it(store):
    trials = tk.Grid(**TINY, megapixels=(0.005,), threads=(1, 2)).trials()
    compare(*trials, budget_s=1.0, on_measurement=store.add)
    assert [m.memory for m in store.latest()] == [None, None]
    found = collect(trials, store=store)
    assert found.n_now == 2 and all(row.peak_bytes for row in found.rows)
    assert took_turns(*found.measurements)
    assert collect(trials, store=store).n_now == 0


def test_an_answer_of_other_sources_is_measured_again_and_said(store, tmp_path):
    grid = tk.Grid(**TINY, megapixels=(0.005,))
    (now,) = collect(grid, store=store).measurements
    before = tk.Store(tmp_path / "before.sqlite")
    before.add(dataclasses.replace(now, environment_id="0" * 12))
    again = collect(grid, store=before)
    assert (again.n_now, again.n_changed) == (1, 1) and "have changed" in str(again)
    assert collect(grid, store=before).n_changed == 0


def test_a_trial_of_two_grids_is_measured_once(store):
    grid = tk.Grid(**TINY, megapixels=(0.005,))
    found = collect(grid, grid, grid.trials(), store=store)
    assert len(found.measurements) == len(store) == 1


def test_operations_of_one_size_are_measured_in_the_given_order(store):
    names = ["pencil_sketch", "bicubic"]
    found = collect([f"{name}@opencv:images=chelsea,megapixels=0.005" for name in names], store=store)
    assert [m.trial.operation for m in found.measurements] == names


def test_trials_beyond_the_budget_are_counted_and_measured_by_the_next_call(store):
    grid = tk.Grid(**TINY, megapixels=(0.005, 0.01))
    found = collect(grid, store=store, budget_s=0.0)
    assert found.n_left == 2 - len(found.measurements) > 0
    assert "run again" in str(found)
    assert collect(grid, store=store).n_left == 0


def test_an_invalid_trial_measures_nothing(store):
    with pytest.raises(UnknownName):
        collect(["pencil_sketch:megapixels=0.005", "pencil_scetch"], store=store)
    with pytest.raises(InvalidValue):
        collect(["pencil_sketch:megapixels=-1"], store=store)
    assert len(store) == 0


class TestFresh:
    grid = tk.Grid(**TINY, megapixels=(0.005, 0.01))

    def test_nothing_measured_before_is_used_and_all_is_kept(self, store):
        collect(self.grid, store=store)
        again = collect(self.grid, store=store, fresh=True)
        assert (again.n_now, again.n_earlier) == (2, 0)
        assert len(store.all()) == 4 and len(store) == 2
        assert [m.samples_s for m in store.latest()] == [m.samples_s for m in again.measurements]
        assert collect(self.grid, store=store).n_earlier == 2

    def test_a_stopped_run_is_continued_and_a_finished_one_is_not(self, store, capsys):
        collect(self.grid, store=store)
        stopped = collect(self.grid, store=store, fresh=True, budget_s=0.0)
        assert (stopped.n_now, stopped.n_left) == (1, 1) and not stopped.is_complete
        capsys.readouterr()
        rest = collect(self.grid, store=store, fresh=True)
        assert (rest.n_now, rest.n_earlier, rest.is_complete) == (1, 1, True)
        assert rest.run.id == stopped.run.id and "Continuing the fresh run" in capsys.readouterr().err
        new = collect(self.grid, store=store, fresh=True)
        assert new.n_now == 2 and new.run.id != rest.run.id

    def test_another_question_begins_its_own_run(self, store):
        collect(self.grid, store=store, fresh=True, budget_s=0.0)
        other = collect(tk.Grid(**TINY, megapixels=(0.005,)), store=store, fresh=True)
        assert other.n_now == 1 and not other.run.is_resumed

    def test_a_process_of_a_fresh_run_believes_nothing_from_before_it(self, store, monkeypatch):
        grid = tk.Grid(**TINY, megapixels=(0.005,))
        collect(grid, store=store)
        monkeypatch.setenv("ATELIER_FRESH_SINCE", datetime.now(UTC).isoformat(timespec="milliseconds"))
        assert collect(grid, store=store).n_now == 1
        assert collect(grid, store=store).n_earlier == 1


DRIVER = """
import sys
import toolkit as tk
from toolkit.bench.plan import Plan
from toolkit.studies import collection
collection.QUICK = Plan(blocks=4, seconds=0.0)
asked = "pencil_sketch@opencv:images=chelsea,megapixels=0.005"
collection.collect([asked, f"{asked},threads=2"], store=tk.Store(sys.argv[1]), quiet=True)
"""


def test_a_killed_group_goes_on_with_its_finished_rounds(store):
    for kept in (1, 2):  # rounds after which the process is killed
        process = subprocess.Popen([sys.executable, "-c", DRIVER, str(store.path)], cwd=ROOT)
        while True:
            assert process.poll() is None, "it ended before it was killed"
            rounds = _rounds(store)
            if rounds and all(len(m.blocks) >= kept for m in rounds):
                break
            time.sleep(0.05)
        process.kill()
        process.wait()
    before = {m.trial: m for m in _rounds(store)}
    assert len(before) == 2 and len(store) == 0
    subprocess.run([sys.executable, "-c", DRIVER, str(store.path)], cwd=ROOT, check=True)
    found = store.latest()
    assert [len(m.blocks) for m in found] == [4, 4] and _rounds(store) == []
    for m in found:
        kept_blocks = before[m.trial].blocks
        assert m.is_ok and m.agreement and m.memory and m.blocks[: len(kept_blocks)] == kept_blocks
        assert [block.round for block in m.blocks] == list(range(4))
    assert len({m.provenance["turns"] for m in found}) == 1


def _rounds(store):
    keys = store._file.rows("SELECT key FROM rounds")
    return store.rounds.of([key for (key,) in keys])


def test_what_another_process_measures_meanwhile_is_not_measured_again(store, tmp_path, own_cache_and_lock):
    grid = tk.Grid(**TINY, megapixels=(0.005,))
    (answer,) = collect(grid, store=tk.Store(tmp_path / "other.sqlite")).measurements
    program = f"""
import toolkit as tk
from toolkit.studies.collection import collect
found = collect({[str(trial) for trial in grid.trials()]}, store=tk.Store({str(store.path)!r}))
print(found.n_now, found.n_earlier)
"""
    with measuring_lock():
        command = [sys.executable, "-c", program]
        second = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert second.stderr is not None
        while "Waiting" not in second.stderr.readline():
            assert second.poll() is None
        store.add(answer)
    assert second.communicate(timeout=120)[0] == "0 1\n"
    assert len(store) == 1
