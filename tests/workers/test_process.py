"""A worker process that fails in whatever way ends with a sentence, and is gone."""

import os
import signal
import sys
import time

import psutil
import pytest

from toolkit.contracts.checked_trial import make_trial
from toolkit.workers.process import WorkerFailed, WorkerProcess, thread_environment


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (signal.SIGKILL, "worker was killed by signal 9 (the kernel does this when memory runs out)."),
        (signal.SIGSEGV, "worker was killed by signal 11"),
    ],
)
def test_a_dead_worker_says_how_it_died(worker, number, said, open_trial, trial):
    os.kill(worker.pid, number)
    with pytest.raises(WorkerFailed) as caught:
        open_trial(worker, trial)
    assert str(caught.value).startswith(said)
    assert caught.value.cause == "died"


def test_an_exit_repeats_the_last_thing_the_worker_said(worker, tmp_path, open_trial, trial):
    file = tmp_path / "leaves.py"
    file.write_text(
        "import os, sys\nsys.stderr.write('first\\nlibGL is missing\\n\\n'); sys.stderr.flush()\nos._exit(3)\n"
    )
    trial = trial.with_(plugins=((str(file), "0" * 64),))
    with pytest.raises(WorkerFailed, match="^worker ended with exit code 3: libGL is missing$"):
        open_trial(worker, trial)


def test_silence_is_ended_and_the_worker_is_gone(worker):
    started = time.monotonic()
    with pytest.raises(WorkerFailed, match="gave no answer within 0 s and was stopped") as caught:
        worker.receive(timeout_s=0.3)
    assert caught.value.cause == "timed out"
    assert time.monotonic() - started >= 0.3
    worker.close()
    assert not psutil.pid_exists(worker.pid)


def test_closing_ends_even_a_stopped_worker():
    worker = WorkerProcess({})
    os.kill(worker.pid, signal.SIGSTOP)
    worker.close()
    assert not psutil.pid_exists(worker.pid)


def test_a_worker_that_closes_its_pipe_and_lives_on_is_not_waited_for(worker, tmp_path, open_trial, trial):
    file = tmp_path / "mute.py"
    file.write_text("import os, time\nos.closerange(3, 64)\ntime.sleep(3600)\n")
    with pytest.raises(WorkerFailed, match="worker was killed by signal 9"):
        open_trial(worker, trial.with_(plugins=((str(file), "0" * 64),)))


def test_a_worker_starts_wherever_the_user_stands(tmp_path, monkeypatch, open_trial, trial):
    (tmp_path / "json.py").write_text("raise RuntimeError('a file of the user')")
    (tmp_path / "toolkit").mkdir()
    monkeypatch.chdir(tmp_path)
    with WorkerProcess({}) as worker:
        open_trial(worker, trial)


def test_an_interpreter_that_cannot_start_is_a_sentence(monkeypatch, tmp_path):
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'no interpreter here' >&2\nexit 127\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    before = psutil.Process().children()  # a progress bar of an earlier test may have started one
    with pytest.raises(WorkerFailed, match="worker ended with exit code 127: no interpreter here"):
        WorkerProcess({})
    assert psutil.Process().children() == before


def test_every_pool_is_told_its_threads_before_the_import():
    trial = make_trial("oil_painting", "opencv", threads=3, size=(4, 4))
    told = thread_environment(trial.placement, trial.runtime)
    assert told["OMP_NUM_THREADS"] == told["NUMBA_NUM_THREADS"] == told["OPENCV_FOR_THREADS_NUM"] == "3"
    assert set(told.values()) == {"3"}
