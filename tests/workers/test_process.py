"""Whatever a worker does, the driver gets an answer or a sentence."""

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from toolkit.bench.inputs import Inputs
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.operation import load_plugin
from toolkit.contracts.trial import Trial
from toolkit.core.errors import Unavailable, Unsupported
from toolkit.images.image import content_hash
from toolkit.workers.process import WorkerFailed, WorkerProcess, thread_environment

PLUGINS = Path(__file__).parent.parent / "plugins"
TRIAL = make_trial("oil_painting", "opencv", images=("coffee",), size=(32, 24))


@pytest.fixture
def worker():
    with WorkerProcess(thread_environment(TRIAL)) as process:
        yield process


@pytest.fixture(scope="module")
def inputs():
    with Inputs() as made:
        yield made


def _open(worker: WorkerProcess, inputs: Inputs, trial: Trial = TRIAL) -> dict[str, float]:
    return worker.ask("open", trial=trial.to_dict(), inputs=inputs.paths(trial), turn=0, timeout_s=60)


def test_one_worker_through_all_its_commands(worker, inputs, tmp_path):
    assert worker.spawn_s > 0
    stages = _open(worker, inputs)
    assert set(stages) == {"import", "photos", "load"} and min(stages.values()) >= 0
    assert worker.ask("first", timeout_s=60)["first"] > 0
    steady = worker.ask("steady", seconds=0.0, least=3, most=10, until_told=False, timeout_s=60)
    assert len(steady["samples_s"]) == len(steady["starts_s"]) == 3
    ends = [start + took for start, took in zip(steady["starts_s"], steady["samples_s"], strict=True)]
    assert all(end <= start for end, start in zip(ends, steady["starts_s"][1:], strict=False))
    assert (steady["observed"]["threads"], steady["observed"]["device"]) == (1, "cpu")
    assert set(steady["outputs"]) == {"coffee"}
    worker.ask("keep", photo="coffee", path=str(tmp_path / "kept.npy"), timeout_s=60)
    assert [content_hash(np.load(tmp_path / "kept.npy"))] == steady["outputs"]["coffee"]


def test_calls_end_at_the_most_even_if_time_is_left(worker, inputs):
    _open(worker, inputs)
    steady = worker.ask("steady", seconds=3600.0, least=1, most=4, until_told=False, timeout_s=60)
    assert len(steady["samples_s"]) == 4


def test_a_worker_goes_on_until_it_is_told(worker, inputs):
    _open(worker, inputs)
    worker.send("steady", seconds=0.0, least=2, most=3, until_told=True)
    assert worker.receive(timeout_s=60) == {"enough": True}
    worker.tell("")
    assert len(worker.receive(timeout_s=60)["samples_s"]) >= 2
    assert worker.ask("first", timeout_s=60)["first"] > 0


def test_photos_are_taken_in_turn(worker, inputs, tmp_path):
    trial = TRIAL.with_(images=("coffee", "chelsea", "rocket"), batch=2)
    worker.ask("open", trial=trial.to_dict(), inputs=inputs.paths(trial), turn=2, timeout_s=60)
    met = [
        worker.ask("steady", seconds=0, least=1, most=1, until_told=False, timeout_s=60)["outputs"]
        for _ in range(2)
    ]
    assert [set(outputs) for outputs in met] == [{"rocket", "coffee"}, {"rocket", "coffee", "chelsea"}]


def test_a_librarys_chatter_does_not_break_an_answer(worker, inputs, tmp_path):
    chatty = tmp_path / "chatty.py"
    chatty.write_text(
        "import os, sys\nfrom toolkit.contracts.operation import Operation\n"
        "print('imported'); os.write(1, b'{\"from\": \"C\"}\\n')\n"
        "def kernel(image):\n    print('called', flush=True); os.write(1, b'native\\n')\n    return image.copy()\n"
        "OPERATION = Operation(name='chatty', summary='', kernels={'opencv': lambda cv2: kernel})\n"
    )
    _open(worker, inputs, TRIAL.with_(operation="chatty", plugins=((str(chatty), load_plugin(chatty)),)))
    assert worker.ask("first", timeout_s=60)["first"] > 0


def test_an_error_is_an_answer_and_the_worker_lives_on(worker, inputs):
    with pytest.raises(WorkerFailed) as caught:
        worker.ask("open", trial=TRIAL.to_dict(), inputs=[["coffee", "/no/such.npy"]], turn=0, timeout_s=60)
    assert caught.value.cause == "raised"
    assert "No such file" in str(caught.value) and "\n" not in str(caught.value)
    assert caught.value.exit_code == 4
    _open(worker, inputs)


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"backend": "needs_nothing_you_have"}, Unavailable, "pip install nothing-you-have"),
        ({"operation": "sleeps", "backend": "numpy"}, Unsupported, "has no way to run on backend"),
    ],
)
def test_skips_keep_their_class_and_sentence(worker, inputs, changes, error, said):
    files = [PLUGINS / "needs_nothing_you_have.py", PLUGINS / "sleeps.py"]
    trial = TRIAL.with_(plugins=tuple((str(file), load_plugin(file)) for file in files), **changes)
    with pytest.raises(error, match=said):
        worker.ask("open", trial=trial.to_dict(), inputs=inputs.paths(trial), turn=0, timeout_s=60)


def test_a_plugin_that_changed_is_not_measured(worker, inputs, tmp_path):
    file = tmp_path / "changing.py"
    file.write_text((PLUGINS / "sleeps.py").read_text().replace('"sleeps"', '"changing"'))
    trial = TRIAL.with_(operation="changing", plugins=((str(file), load_plugin(file)),))
    file.write_text(file.read_text() + "# edited\n")
    with pytest.raises(
        WorkerFailed, match=r"plug-in '.*changing.py' has changed since the trial was made; load it again."
    ):
        _open(worker, inputs, trial)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (signal.SIGKILL, "worker was killed by signal 9, as the kernel does where memory is short."),
        (signal.SIGSEGV, "worker was killed by signal 11"),
    ],
)
def test_a_dead_worker_says_how_it_died(worker, inputs, number, said):
    os.kill(worker.pid, number)
    with pytest.raises(WorkerFailed) as caught:
        _open(worker, inputs)
    assert str(caught.value).startswith(said)
    assert caught.value.cause == "died"


def test_an_exit_repeats_the_last_thing_the_worker_said(worker, inputs, tmp_path):
    file = tmp_path / "leaves.py"
    file.write_text(
        "import os, sys\nsys.stderr.write('first\\nlibGL is missing\\n\\n'); sys.stderr.flush()\nos._exit(3)\n"
    )
    trial = TRIAL.with_(plugins=((str(file), "0" * 64),))
    with pytest.raises(WorkerFailed, match="^worker ended with exit code 3: libGL is missing$"):
        _open(worker, inputs, trial)


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


def test_a_worker_that_closes_its_pipe_and_lives_on_is_not_waited_for(worker, inputs, tmp_path):
    file = tmp_path / "mute.py"
    file.write_text("import os, time\nos.closerange(3, 64)\ntime.sleep(3600)\n")
    with pytest.raises(WorkerFailed, match="worker was killed by signal 9"):
        _open(worker, inputs, TRIAL.with_(plugins=((str(file), "0" * 64),)))


def test_a_worker_starts_wherever_the_user_stands(tmp_path, monkeypatch, inputs):
    (tmp_path / "json.py").write_text("raise RuntimeError('a file of the user')")
    (tmp_path / "toolkit").mkdir()
    monkeypatch.chdir(tmp_path)
    with WorkerProcess({}) as worker:
        _open(worker, inputs)


def test_an_interpreter_that_cannot_start_is_a_sentence(monkeypatch, tmp_path):
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'no interpreter here' >&2\nexit 127\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    with pytest.raises(WorkerFailed, match="worker ended with exit code 127: no interpreter here"):
        WorkerProcess({})
    assert not psutil.Process().children()


def test_every_pool_is_told_its_threads_before_the_import():
    told = thread_environment(make_trial("oil_painting", "opencv", threads=3, size=(4, 4)))
    assert told["OMP_NUM_THREADS"] == told["NUMBA_NUM_THREADS"] == told["OPENCV_FOR_THREADS_NUM"] == "3"
    assert set(told.values()) == {"3"}
