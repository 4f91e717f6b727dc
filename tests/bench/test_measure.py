"""Measuring workloads whose answer is known."""

import json
import os
import signal
import subprocess
import sys
import time
from statistics import median

import psutil
import pytest

from tests.bench.planted import PLUGINS, SHORT, trial_of
from toolkit.bench.measure import measure
from toolkit.contracts.measurement import STAGES, Measurement

pytestmark = pytest.mark.usefixtures("own_cache_and_lock")


def test_five_milliseconds_measure_five_milliseconds():
    answer = measure(trial_of("sleeps"), plan=SHORT)
    assert answer.status == "ok", answer.note
    assert len(answer.blocks) == 2
    for samples in answer.samples_s:
        assert len(samples) >= 3
        assert min(samples) >= 0.005
        assert median(samples) < 0.008


def test_a_slow_first_call_shows_in_first_alone():
    answer = measure(trial_of("first_is_slow"), plan=SHORT)
    for block in answer.blocks:
        stages = block.workers[0].stages_s
        assert set(stages) == set(STAGES)
        assert stages["first"] >= 0.3
        assert median(block.workers[0].samples_s) < 0.1


def test_workers_side_by_side_are_busy_at_the_same_time():
    answer = measure(trial_of("sleeps", workers=3), plan=SHORT)
    assert answer.status == "ok", answer.note
    for block in answer.blocks:
        runs = block.workers
        assert len(runs) == 3
        last_start = max(run.starts_s[0] for run in runs)
        first_end = min(run.starts_s[-1] + run.samples_s[-1] for run in runs)
        assert first_end > last_start
    assert answer.memory is not None and answer.memory.processes == 3


def test_thread_counts_are_told_before_the_runtime_is_imported():
    answer = measure(trial_of("sleeps", threads=2), plan=SHORT)
    assert answer.blocks[0].workers[0].observed["threads"] == 2


def test_a_measurement_survives_json():
    answer = measure(trial_of("sleeps"), plan=SHORT)
    assert Measurement.from_dict(json.loads(json.dumps(answer.to_dict()))) == answer


def test_workers_are_gone_within_a_second_of_their_drivers_death():
    trial = trial_of("hangs", workers=2)
    code = (
        "import json, sys\n"
        "from toolkit.bench.measure import measure\n"
        "from toolkit.contracts.operation import load_plugin\n"
        "from toolkit.contracts.trial import Trial\n"
        f"load_plugin({str(PLUGINS / 'hangs.py')!r})\n"
        "measure(Trial.from_dict(json.loads(sys.argv[1])))\n"
    )
    driver = subprocess.Popen([sys.executable, "-c", code, json.dumps(trial.to_dict())])
    process = psutil.Process(driver.pid)
    deadline = time.monotonic() + 60
    while len(process.children()) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    workers = process.children()
    assert len(workers) == 2
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()
    time.sleep(1.0)
    assert not [worker for worker in workers if _runs(worker)]


def _runs(process: psutil.Process) -> bool:
    """A zombie has ended: nobody has asked for its exit code yet."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
