"""The tuner driven from Python, with real processes: what it shows at rest is what `tk.apply` gives."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image as pillow

import toolkit as tk
from toolkit.apps.widgets.live_loop import Job, LiveLoop
from toolkit.apps.widgets.photos import Upload
from toolkit.apps.widgets.settings import Settings
from toolkit.core.child_process import module_environment
from toolkit.core.errors import InvalidValue, TrialFailed, Unavailable, UnknownName
from toolkit.images.encode import encode
from toolkit.workers.live_worker import LiveWorker, Rendered

PATIENCE_S = 60.0


@pytest.fixture
def own_home(tmp_path, monkeypatch):
    """Histories, presets and uploads of nobody else."""
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path / "home"))


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


def test_copied_python_command_and_notebook_parameters_write_the_same_file(tuner, tmp_path):
    tuner.set(size=2, dynRatio=9)
    notebook = str(Path(__file__).parents[3] / "notebooks" / "70_tune.ipynb")
    parameters = tmp_path / "parameters.yaml"
    parameters.write_text(tuner.copies["Papermill"])
    report = ["papermill", notebook, "run.ipynb", "-f", str(parameters), "-p", "save_as", "oil_painting.png"]
    runs = {
        "Python": ["-c", tuner.copies["Python"]],
        "CLI": ["-m", "toolkit", *shlex.split(tuner.copies["CLI"])[1:]],
        "Papermill": ["-m", *report],
    }
    files = []
    for name, command in runs.items():
        folder = tmp_path / name
        folder.mkdir()
        subprocess.run(
            [sys.executable, *command],
            cwd=folder,
            env={**os.environ, **module_environment()},
            check=True,
            capture_output=True,
            timeout=2 * PATIENCE_S,
        )
        files.append((folder / "oil_painting.png").read_bytes())
    assert files == [encode(tuner.result, ".png")] * 3


def test_many_moves_end_at_the_last_one_and_are_undone_one_by_one(tuner):
    for size in range(1, 21):
        tuner.set(size=size, dynRatio=20)
    last = tuner.value
    assert last["size"] == 20
    for _ in range(19):
        tuner.undo()
    assert tuner.value["size"] == 1
    for _ in range(25):
        tuner.redo()
    assert tuner.value == last
    tuner.set(size=1)
    expected = tk.apply("oil_painting", tk.photo("coffee"), size=1, dynRatio=20, backend="opencv", threads=1)
    np.testing.assert_array_equal(tuner.result, expected)


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
    deadline = time.monotonic() + PATIENCE_S
    while tuner.error and time.monotonic() < deadline:  # the spare was killed too
        tuner.set(size=tuner.value["size"] % 9 + 1)
        try:
            assert tuner.result is not None
        except TrialFailed:
            continue
    assert tuner.error == ""


def test_unknown_names_are_sentences_before_any_process_starts():
    with pytest.raises(UnknownName, match="stylization"):
        tk.tuner("stylisation", "coffee")
    with pytest.raises(UnknownName, match="coffee"):
        tk.tuner("stylization", "no-such-photo")
    with pytest.raises(InvalidValue, match="uint8"):
        tk.tuner("stylization", np.zeros((9, 9, 3)))
    with pytest.raises(UnknownName, match="opencv"):
        tk.tuner("stylization", "coffee", backend="opencvv")


def _job(number, image, operation, backend=None, window=None, **params):
    op = tk.OPERATIONS[operation]
    settings = Settings(photo="", params=op.resolve(params), backend=backend, threads=1)
    halo = op.halo_of(settings.params) or 0
    return Job(number=number, operation=operation, settings=settings, photo=image, window=window, halo=halo)


def test_a_slow_job_is_overtaken_and_its_process_ends():
    """The float64 reference of a large window takes many seconds; the next move does not wait for it."""
    image = np.tile(tk.photo("coffee"), (3, 2, 1))
    shown: list[tuple[Job, object, bool]] = []
    worker = LiveWorker(image)
    loop = LiveLoop(worker, show=lambda *one: shown.append(one))
    try:
        loop.post(_job(1, image, "fit_side", side=100))
        _wait(lambda: shown and shown[-1][2])
        before = set(worker.pids)
        loop.post(_job(2, image, "oil_painting", "numpy", size=50))
        _wait(lambda: shown[-1][0].number == 2)  # its preview: the full picture is next
        time.sleep(1)
        loop.post(_job(3, image, "fit_side", side=100))
        _wait(lambda: shown[-1][0].number == 3 and shown[-1][2])
        assert [job.number for job, _, is_exact in shown if is_exact] == [1, 3]
        assert isinstance(shown[-1][1], Rendered)
        _wait(lambda: sum(not psutil.pid_exists(pid) for pid in before) == 1)
        _wait(lambda: len(worker.pids) == 2)
        after = worker.pids
    finally:
        loop.close()
    _wait(lambda: not any(map(psutil.pid_exists, after)))


def test_a_large_photo_has_a_preview_while_it_moves_and_is_exact_at_rest():
    image = np.resize(tk.photo("coffee"), (700, 1000, 3))
    shown: list[tuple[Job, object, bool]] = []
    loop = LiveLoop(LiveWorker(image), show=lambda *one: shown.append(one))
    try:
        for number, size in enumerate((1, 2, 3), start=1):
            loop.post(_job(number, image, "oil_painting", "opencv", size=size))
        _wait(lambda: shown and shown[-1][2])
    finally:
        loop.close()
    numbers = [job.number for job, _, _ in shown]
    assert numbers == sorted(numbers) and numbers[-2:] == [3, 3]
    assert [is_exact for _, _, is_exact in shown][-2:] == [False, True]
    preview, exact = (found.image for _, found, _ in shown[-2:])
    assert max(preview.shape) == 640
    np.testing.assert_array_equal(exact, tk.apply("oil_painting", image, size=3, backend="opencv", threads=1))


@pytest.mark.parametrize(("operation", "params"), [("oil_painting", {"size": 3}), ("bicubic", {})])
def test_zoomed_in_the_visible_part_is_exact_before_the_whole(operation, params):
    image = np.resize(tk.photo("coffee"), (700, 1000, 3))
    shown: list[tuple[Job, object, bool]] = []
    window = (300, 0, 420, 150)
    loop = LiveLoop(LiveWorker(image), show=lambda *one: shown.append(one))
    try:
        loop.post(
            _job(1, image, operation, "opencv" if operation == "oil_painting" else None, window, **params)
        )
        _wait(lambda: shown)
        loop.want_full()
        _wait(lambda: len(shown) > 1)
    finally:
        loop.close()
    (_, part, is_exact), (_, whole, _) = shown
    scale = whole.image.shape[0] // 700
    same = whole.image[300 * scale : 420 * scale, : 150 * scale]
    assert is_exact and part.window == window and part.read_px < 700 * 1000 / 4
    assert np.abs(part.image.astype(int) - same).max() <= 1


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
        _wait(lambda: "size=1" in tuner.before.caption)
        np.testing.assert_array_equal(tuner.before.image, one)
        tuner.compare_with("reference")
        _wait(lambda: "numpy" in tuner.before.caption)
        reference = tk.apply("oil_painting", tk.photo("chelsea"), size=4, backend="numpy")
        np.testing.assert_array_equal(tuner.before.image, reference)
        _wait(lambda: tuner.costs.reference and tuner.costs.files)
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
        _wait(lambda: tuner.measuring.found(tuner.settings))
        assert "[" in tuner.measuring.found(tuner.settings)
    finally:
        tuner.close()


def _png(image, folder, **options):
    path = folder / "made.png"
    pillow.fromarray(image).save(path, **options)
    return path.read_bytes()


def _uploaded(name, data):
    upload = Upload(name, len(data))
    for at in range(0, len(data), 100_000):
        upload.add(at, data[at : at + 100_000])
    assert upload.is_complete
    return upload.keep()


def test_an_uploaded_picture_is_one_of_the_photos_or_a_sentence(own_home, tmp_path):
    noise = np.random.default_rng(1).integers(0, 255, (300, 400, 3), np.uint8)
    good = _png(noise, tmp_path)
    assert _uploaded("../a picture.png", good) == "a picture.png"
    np.testing.assert_array_equal(tk.photo("a picture.png"), noise[..., ::-1])
    assert _uploaded("a picture.png", good) == "a picture.png"
    other = _uploaded("a picture.png", _png(noise[::-1], tmp_path))
    np.testing.assert_array_equal(tk.photo(other), noise[::-1, :, ::-1])
    small = _uploaded("one.png", _png(noise[:1, :1], tmp_path))
    assert tk.photo(small).shape == (1, 1, 3)
    for data, word in ((good[:-5000], "damaged"), (b"no picture", "picture"), (b"", "byte")):
        with pytest.raises(InvalidValue, match=word) as refused:
            _uploaded("broken.png", data)
        assert "broken.png" in str(refused.value) and "/tmp" not in str(refused.value)
    with pytest.raises(InvalidValue, match="100 MP"):
        _uploaded("huge.png", _png(np.zeros((14_000, 14_000), np.uint8), tmp_path, compress_level=1))


def _wait(is_true) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_true() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert is_true()
