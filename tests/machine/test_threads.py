"""The thread ledger on planted trees and on real thread pools."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.machine.planted_tree import plant
from tests.truth.thread_pools import ALLOWED, CLEAN_POOLS, LATE, WRONG_POOLS, Pool, counts, live, opencv
from toolkit.machine import threads

needs_linux = pytest.mark.skipif(
    threads.run_queue(Path("/proc/self")).state != "present",
    reason="this system does not tell what threads do",
)
needs_two = pytest.mark.skipif(len(ALLOWED) < 2, reason="needs two processors")


STATUS = "Name:\tpython\nCpus_allowed_list:\t0-1,4\nvoluntary_ctxt_switches:\t{}\nnonvoluntary_ctxt_switches:\t{}\n"


class TestPlanted:
    def test_a_process_of_two_threads(self, tmp_path: Path) -> None:
        task = "proc/7/task/"
        root = plant(
            tmp_path,
            {
                "proc/7/environ": "HOME=/\0OMP_NUM_THREADS=2\0BROKEN\0KMP_BLOCKTIME=0\0",
                task + "7/status": STATUS.format(5, 6),
                task + "7/schedstat": "1500000000 250000000 9\n",
                task + "12/status": STATUS.format(1, 2),
                task + "12/schedstat": "500000000 0 3\n",
            },
        )
        found = threads.observe(7, root)
        assert found["environment"] == {"KMP_BLOCKTIME": "0", "OMP_NUM_THREADS": "2"}
        assert found["environment_now"] is None
        assert found["threads"]["7"] == {
            "cpu_s": 1.5,
            "run_delay_s": 0.25,
            "voluntary": 5,
            "involuntary": 6,
            "allowed": [0, 1, 4],
        }
        json.dumps(found)

    def test_a_ledger_is_the_difference_of_two_observations(self, tmp_path: Path) -> None:
        task = "proc/7/task/7/"
        root = plant(
            tmp_path,
            {task + "status": STATUS.format(5, 6), task + "schedstat": "1000000000 0 9\n"},
        )
        before = {**threads.observe(7, root), "at_s": 10.0}
        plant(
            root,
            {
                task + "status": STATUS.format(8, 106),
                task + "schedstat": "2000000000 500000000 9\n",
                "proc/7/task/8/status": STATUS.format(0, 0),
                "proc/7/task/8/schedstat": "1500000000 0 9\n",
            },
        )
        found = threads.ledger(before, {**threads.observe(7, root), "at_s": 12.0}, runtime_threads=2)
        assert (found["window_s"], found["alive"]) == (2.0, 2)
        assert found["cpus"] == pytest.approx(1.25)
        assert found["active"] == pytest.approx(1.5)
        assert found["run_delay_share"] == pytest.approx(0.5 / 3.0)
        assert (found["voluntary"], found["involuntary"]) == (3, 100)
        assert found["busy"] == [[0, 1, 4], [0, 1, 4]]

    def test_a_thread_that_yields_its_turns_is_hardly_active(self, tmp_path: Path) -> None:
        """As OpenCV's idle pool does: it yields, and on a crowded machine waits long for each turn."""
        task = "proc/7/task/7/"
        root = plant(tmp_path, {task + "status": STATUS.format(5, 6), task + "schedstat": "0 0 0\n"})
        before = {**threads.observe(7, root), "at_s": 10.0}
        plant(root, {task + "schedstat": "10000000 990000000 9\n"})
        yielding = threads.ledger(before, {**threads.observe(7, root), "at_s": 11.0})
        plant(root, {task + "schedstat": "125000000 875000000 9\n"})
        crowded = threads.ledger(before, {**threads.observe(7, root), "at_s": 11.0})
        assert yielding["active"] < 0.25
        assert crowded["active"] == pytest.approx(1.0)

    def test_without_schedstat_time_comes_from_ticks_and_the_delay_is_unknown(self, tmp_path: Path) -> None:
        numbers = "0 " * 10 + "150 50 0 0 20 0"
        root = plant(
            tmp_path,
            {
                "proc/7/task/7/status": STATUS.format(0, 0),
                "proc/7/task/7/stat": f"7 (py (x) S) S {numbers}\n",
            },
        )
        found = threads.observe(7, root)
        assert found["threads"]["7"]["cpu_s"] == pytest.approx(200 / os.sysconf("SC_CLK_TCK"))
        assert found["threads"]["7"]["run_delay_s"] is None
        assert threads.ledger(found, found)["run_delay_s"] is None

    def test_a_missing_process_has_no_threads(self, tmp_path: Path) -> None:
        found = threads.observe(7, tmp_path)
        assert found["threads"] == {} and found["environment"] is None
        assert threads.ledger(found, found)["active"] == 0
        assert threads.idle_cpus(7, 0.0, tmp_path) is None


def needs_torch(pool: Pool) -> None:
    if "torch" in pool.script:
        pytest.importorskip("torch")


@needs_linux
@needs_two
class TestLive:
    @pytest.mark.parametrize("pool", WRONG_POOLS, ids=lambda pool: pool.name)
    def test_a_misconfigured_pool_is_named(self, pool: Pool) -> None:
        needs_torch(pool)
        assert pool.code in pool.found()

    # The rest of the clean pools is the long run's.
    @pytest.mark.parametrize("pool", CLEAN_POOLS[3::4], ids=lambda pool: pool.name)
    def test_a_clean_pool_has_no_finding(self, pool: Pool) -> None:
        needs_torch(pool)
        assert pool.found() == set()

    @pytest.mark.parametrize("asked", [1, 2])
    def test_active_threads_are_counted(self, asked: int) -> None:
        found = live(opencv(asked), **counts(asked))
        assert found["active"] == pytest.approx(asked, abs=0.4)

    def test_a_variable_set_after_the_start_is_reported_with_both_values(self) -> None:
        found = live(LATE, OPENBLAS_NUM_THREADS="2")
        assert found["late"] == {"OPENBLAS_NUM_THREADS": ["2", "1"]}

    @pytest.mark.parametrize(("work", "is_spinning"), [("while True: pass", True), ("input()", False)])
    def test_processor_time_of_a_waiting_process(self, work: str, is_spinning: bool) -> None:
        script = (
            f"import threading\ndef pool():\n    {work}\nthreading.Thread(target=pool, daemon=True).start()\n"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", script + "print(1, flush=True)\ninput()\n"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        try:
            assert process.stdout is not None and process.stdout.readline()
            burnt = threads.idle_cpus(process.pid, 0.2)
        finally:
            process.kill()
            process.communicate()
        assert burnt is not None and (burnt > 0.2) is is_spinning


def test_a_blas_library_is_named_by_its_package() -> None:
    pytest.importorskip("threadpoolctl")
    import numpy as np

    assert np.ones(3) @ np.ones(3) == 3
    found = threads.library_pools()
    assert any("numpy" in name for name in found) and all(count >= 1 for count in found.values())
