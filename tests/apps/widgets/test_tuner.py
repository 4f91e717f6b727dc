"""The tuner driven from Python, with real processes: what it shows at rest is what `tk.apply` gives."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import toolkit as tk
from tests.waiting import PATIENCE_S, wait_for
from toolkit.core.child_process import module_environment
from toolkit.core.errors import InvalidValue, TrialFailed, Unavailable, UnknownName
from toolkit.images.encode import encode


@pytest.fixture
def own_home(tmp_path, monkeypatch):
    """Histories, presets and uploads of nobody else."""
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path / "home"))


@pytest.fixture
def own_registry(monkeypatch):
    """Operations that a test adds are gone after it."""
    for table in (tk.OPERATIONS, tk.BACKENDS):
        monkeypatch.setattr(table, "_added", dict(table._added))
        monkeypatch.setattr(table, "_files", dict(table._files))


@pytest.fixture(scope="module")
def tuner(tmp_path_factory) -> Iterator[tk.Tuner]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATELIER_HOME", str(tmp_path_factory.mktemp("home")))
        yield from _one_tuner()


def _one_tuner() -> Iterator[tk.Tuner]:
    tuner = tk.tuner("oil_painting", "coffee", backend="opencv", threads=1)
    yield tuner
    tuner.close()


def test_the_result_at_rest_is_that_of_apply(tuner):
    coffee = tk.photo("coffee")
    tuner.set(size=3, dynRatio=12)
    expected = tk.apply("oil_painting", coffee, size=3, dynRatio=12, backend="opencv", threads=1)
    np.testing.assert_array_equal(tuner.result, expected)
    assert tuner.value == {"size": 3, "dynRatio": 12}
    assert tuner.took_s > 0 and tuner.error == ""


def test_the_code_makes_the_same_picture(tuner):
    tuner.set(size=2)
    assert 'tk.apply("oil_painting", image, backend="opencv", threads=1, size=2' in tuner.code
    again = eval(tuner.code, {"tk": tk, "image": tk.photo("coffee")})
    np.testing.assert_array_equal(again, tuner.result)


def test_copied_python_command_yaml_and_notebook_parameters_write_the_same_file(tuner, tmp_path):
    tuner.set(size=2, dynRatio=9)
    notebook = str(Path(__file__).parents[3] / "notebooks" / "70_tune.ipynb")
    parameters = tmp_path / "parameters.yaml"
    parameters.write_text(tuner.copies["Papermill"])
    report = ["papermill", notebook, "run.ipynb", "-f", str(parameters), "-p", "save_as", "oil_painting.png"]
    runs = {
        "Python": ["-c", tuner.copies["Python"]],
        "CLI": ["-m", "toolkit", *shlex.split(tuner.copies["CLI"])[1:]],
        "YAML": ["-m", "toolkit", *_command_in(tuner.copies["YAML"])],
        "Papermill": ["-m", *report],
    }
    files = []
    for name, command in runs.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "oil_painting.yaml").write_text(tuner.copies["YAML"])
        subprocess.run(
            [sys.executable, *command],
            cwd=folder,
            env={**os.environ, **module_environment()},
            check=True,
            capture_output=True,
            timeout=2 * PATIENCE_S,
        )
        files.append((folder / "oil_painting.png").read_bytes())
    assert files == [encode(tuner.result, ".png")] * 4


def _command_in(yaml: str) -> list[str]:
    """The words of the command in the first line of a copied YAML file, without ``atelier``."""
    return shlex.split(yaml.splitlines()[0].removeprefix("# "))[1:]


def test_many_moves_end_at_the_last_one_and_are_undone_one_by_one(tuner):
    for size in range(1, 22):
        tuner.set(size=size, dynRatio=20)
    last = tuner.value
    for size in range(20, 0, -1):
        tuner.undo()
        assert tuner.value == {"size": size, "dynRatio": 20}
    for _ in range(25):
        tuner.redo()
    assert tuner.value == last
    tuner.set(size=1)
    expected = tk.apply("oil_painting", tk.photo("coffee"), size=1, dynRatio=20, backend="opencv", threads=1)
    np.testing.assert_array_equal(tuner.result, expected)


def test_an_operation_of_a_plugin_is_tuned_and_copied(own_home, own_registry, tmp_path):
    file = Path(__file__).parents[2] / "plugins" / "acts_up.py"
    tk.load_plugin(file)
    tuner = tk.tuner("acts_up", "chelsea", backend="opencv", threads=1)
    try:
        tuner.set(level=20)
        expected = tk.apply("acts_up", tk.photo("chelsea"), level=20, backend="opencv")
        np.testing.assert_array_equal(tuner.result, expected)
        (tmp_path / "acts_up.yaml").write_text(tuner.copies["YAML"])
        words = {
            "Python": ["-c", tuner.copies["Python"]],
            "YAML": ["-m", "toolkit", *_command_in(tuner.copies["YAML"])],
            "CLI": ["-m", "toolkit", *shlex.split(tuner.copies["CLI"])[1:]],
        }
        for command in words.values():
            where = {"cwd": tmp_path, "env": {**os.environ, **module_environment()}}
            subprocess.run([sys.executable, *command], **where, check=True, timeout=PATIENCE_S)
            assert (tmp_path / "acts_up.png").read_bytes() == encode(expected, ".png")
            (tmp_path / "acts_up.png").unlink()
        assert str(file) in tuner.copies["Papermill"]
    finally:
        tuner.close()


def test_an_operation_without_a_file_is_refused_in_one_sentence(own_registry):
    plain = tk.Operation(name="only_here", summary="x", kernels={"opencv": lambda cv2: lambda image: image})
    tk.OPERATIONS.add(plain)
    with pytest.raises(InvalidValue, match="load_plugin"):
        tk.tuner("only_here", "chelsea")


def test_a_drag_is_one_step_and_one_picture_of_the_history(tuner):
    tuner.set(size=2, dynRatio=50)
    assert tuner.result is not None
    for size in range(3, 9):
        tuner.drag(size=size)
        assert tuner.result is not None
    assert [one.params["size"] for one in tuner.history if one.params["dynRatio"] == 50] == [2, 8]
    tuner.undo()
    assert tuner.value == {"size": 2, "dynRatio": 50}


@pytest.mark.parametrize(("given", "error"), [({"size": 900}, InvalidValue), ({"sice": 9}, UnknownName)])
def test_a_refused_move_changes_nothing(tuner, given, error):
    before = tuner.value
    with pytest.raises(error, match="si[zc]e"):
        tuner.set(**given)
    assert tuner.value == before


def test_the_history_holds_each_exact_picture_once(tuner):
    for size in (4, 5, 4):
        tuner.set(size=size, dynRatio=31)
        assert tuner.result is not None
    sizes = [one.params["size"] for one in tuner.history if one.params["dynRatio"] == 31]
    assert sizes == [5, 4]
    assert all(one.thumbnail[:2] == b"\xff\xd8" for one in tuner.history)


def test_a_killed_worker_is_said_and_the_next_move_works(tuner):
    assert tuner.result is not None
    for pid in tuner._worker.pids:
        os.kill(pid, signal.SIGKILL)
    tuner.set(size=6, dynRatio=40)
    with pytest.raises(TrialFailed, match="killed"):
        _ = tuner.result
    assert "killed" in tuner.error
    tuner.set(size=7)  # the spare was killed too, and a new process is started
    assert tuner.result is not None and tuner.error == ""


def test_unknown_names_are_sentences_before_any_process_starts():
    with pytest.raises(UnknownName, match="stylization"):
        tk.tuner("stylisation", "coffee")
    with pytest.raises(UnknownName, match="coffee"):
        tk.tuner("stylization", "no-such-photo")
    with pytest.raises(InvalidValue, match="uint8"):
        tk.tuner("stylization", np.zeros((9, 9, 3)))
    with pytest.raises(UnknownName, match="opencv"):
        tk.tuner("stylization", "coffee", backend="opencvv")


def test_the_history_and_saved_presets_survive_the_kernel(own_home):
    first = tk.tuner("oil_painting", "chelsea", backend="opencv", threads=1)
    first.set(size=2)
    assert first.result is not None
    first.save_preset("fine strokes")
    first.close()
    second = tk.tuner("oil_painting", tk.photo("chelsea"), backend="opencv", threads=1)
    try:
        assert [one.params["size"] for one in second.history] == [2]
        second.set(preset="fine strokes")
        assert second.value["size"] == 2 and "fine strokes" in second.presets
        with pytest.raises(InvalidValue, match="name"):
            second.save_preset(" ")
        second.take(second.history[0].settings)
        assert second.result.shape == tk.photo("chelsea").shape
    finally:
        second.close()


def test_the_picture_before_may_be_the_reference_or_an_earlier_try(own_home):
    tuner = tk.tuner("oil_painting", "chelsea", backend="opencv", threads=1)
    try:
        tuner.set(size=1)
        one = tuner.result
        tuner.set(size=4)
        assert tuner.result is not None
        tuner.compare_with(tuner.history[0].key)
        wait_for(lambda: "size=1" in tuner.before.caption)
        np.testing.assert_array_equal(tuner.before.image, one)
        tuner.compare_with("reference")
        wait_for(lambda: "numpy" in tuner.before.caption)
        reference = tk.apply("oil_painting", tk.photo("chelsea"), size=4, backend="numpy")
        np.testing.assert_array_equal(tuner.before.image, reference)
        wait_for(lambda: tuner.costs.reference and tuner.costs.files)
        assert "numpy" in tuner.costs.reference and "WebP" in tuner.costs.files and tuner.costs.memory
        with pytest.raises(UnknownName, match="photo"):
            tuner.compare_with("phot")
    finally:
        tuner.close()


def test_photo_backend_threads_and_precision_are_moves_that_are_undone(tuner):
    tuner.set(photo="chelsea", threads=2, backend="numba")
    np.testing.assert_array_equal(
        tuner.result, tk.apply("oil_painting", tk.photo("chelsea"), backend="numba", threads=2, **tuner.value)
    )
    assert "threads=2" in tuner.code and '"chelsea"' in tuner.copies["Python"]
    tuner.undo()
    assert (tuner.settings.photo, tuner.settings.threads, tuner.backend) == ("coffee", 1, "opencv")
    with pytest.raises(Unavailable, match="int8"):
        tuner.set(precision="int8")
    assert tuner.settings.precision == "fp32"


def test_settings_are_measured_by_the_engine(own_home, few_calls):
    tuner = tk.tuner("fit_side", "chelsea", threads=1)
    try:
        tuner.set(side=50)
        tuner.measure()
        wait_for(lambda: tuner.measuring.found(tuner.settings))
        assert "[" in tuner.measuring.found(tuner.settings)
    finally:
        tuner.close()
