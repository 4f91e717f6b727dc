"""Each command of a worker, and what it answers."""

from pathlib import Path

import numpy as np
import pytest

from toolkit.contracts.measurement import STAGES
from toolkit.contracts.operation import load_plugin
from toolkit.core.errors import Unavailable, Unsupported
from toolkit.images.image import content_hash
from toolkit.workers.process import WorkerFailed

PLUGINS = Path(__file__).parent.parent / "plugins"


def test_one_worker_through_all_its_commands(worker, tmp_path, open_trial, trial):
    assert worker.spawn_s > 0
    open_trial(worker, trial)
    first_s = worker.ask("first", timeout_s=60)
    steady = worker.ask("steady", seconds=0.0, least=3, most=10, until_told=False, timeout_s=60)
    assert set(steady["stages_s"]) == set(STAGES) - {"spawn"}
    assert min(steady["stages_s"].values()) >= 0 and steady["stages_s"]["first"] == first_s > 0
    assert len(steady["samples_s"]) == len(steady["starts_s"]) == 3
    ends = [start + took for start, took in zip(steady["starts_s"], steady["samples_s"], strict=True)]
    assert all(end <= start for end, start in zip(ends, steady["starts_s"][1:], strict=False))
    assert (steady["observed"]["threads"], steady["observed"]["device"]) == (1, "cpu")
    assert set(steady["outputs"]) == {"coffee"}
    worker.ask("keep", photo="coffee", path=str(tmp_path / "kept.npy"), number=0, timeout_s=60)
    assert [content_hash(np.load(tmp_path / "kept.npy"))] == steady["outputs"]["coffee"]


def test_calls_end_at_the_most_even_if_time_is_left(worker, open_trial, trial):
    open_trial(worker, trial)
    steady = worker.ask("steady", seconds=3600.0, least=1, most=4, until_told=False, timeout_s=60)
    assert len(steady["samples_s"]) == 4


def test_a_worker_goes_on_until_it_is_told(worker, open_trial, trial):
    open_trial(worker, trial)
    worker.send("steady", seconds=0.0, least=2, most=3, until_told=True)
    assert worker.receive(timeout_s=60) is None
    worker.tell("")
    assert len(worker.receive(timeout_s=60)["samples_s"]) >= 2
    assert worker.ask("first", timeout_s=60) > 0


def test_photos_are_taken_in_turn(worker, inputs, tmp_path, trial):
    trial = trial.with_(images=("coffee", "chelsea", "rocket"), batch=2)
    worker.ask("open", trial=trial.to_dict(), inputs=inputs.paths(trial), turn=2, timeout_s=60)
    met = [
        worker.ask("steady", seconds=0, least=1, most=1, until_told=False, timeout_s=60)["outputs"]
        for _ in range(2)
    ]
    assert [set(outputs) for outputs in met] == [{"rocket", "coffee"}, {"rocket", "coffee", "chelsea"}]


def test_a_librarys_chatter_does_not_break_an_answer(worker, tmp_path, open_trial, trial):
    chatty = tmp_path / "chatty.py"
    chatty.write_text(
        "import os, sys\nfrom toolkit.contracts.operation import Operation\n"
        "print('imported'); os.write(1, b'{\"from\": \"C\"}\\n')\n"
        "def kernel(image):\n    print('called', flush=True); os.write(1, b'native\\n')\n    return image.copy()\n"
        "OPERATION = Operation(name='chatty', summary='', kernels={'opencv': lambda cv2: kernel})\n"
    )
    open_trial(worker, trial.with_(operation="chatty", plugins=((str(chatty), load_plugin(chatty)),)))
    assert worker.ask("first", timeout_s=60) > 0


def test_an_error_is_an_answer_and_the_worker_lives_on(worker, inputs, open_trial, trial):
    with pytest.raises(WorkerFailed) as caught:
        worker.ask("open", trial=trial.to_dict(), inputs=[["coffee", "/no/such.npy"]], turn=0, timeout_s=60)
    assert caught.value.cause == "raised"
    assert "No such file" in str(caught.value) and "\n" not in str(caught.value)
    assert caught.value.exit_code == 4
    open_trial(worker, trial)


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"backend": "needs_nothing_you_have"}, Unavailable, "pip install nothing-you-have"),
        ({"operation": "sleeps", "backend": "numpy"}, Unsupported, "cannot run on backend"),
    ],
)
def test_skips_keep_their_class_and_sentence(worker, inputs, changes, error, said, trial):
    files = [PLUGINS / "needs_nothing_you_have.py", PLUGINS / "sleeps.py"]
    trial = trial.with_(plugins=tuple((str(file), load_plugin(file)) for file in files), **changes)
    with pytest.raises(error, match=said):
        worker.ask("open", trial=trial.to_dict(), inputs=inputs.paths(trial), turn=0, timeout_s=60)


def test_a_plugin_that_changed_is_not_measured(worker, tmp_path, open_trial, trial):
    file = tmp_path / "changing.py"
    file.write_text((PLUGINS / "sleeps.py").read_text().replace('"sleeps"', '"changing"'))
    trial = trial.with_(operation="changing", plugins=((str(file), load_plugin(file)),))
    file.write_text(file.read_text() + "# edited\n")
    with pytest.raises(
        WorkerFailed,
        match=r"plug-in '.*changing.py' has changed since the trial was made; load the plug-in again.",
    ):
        open_trial(worker, trial)
