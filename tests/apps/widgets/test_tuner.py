"""The tuner driven from Python, with real processes: what it shows at rest is what `tk.apply` gives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np
import psutil
import pytest

import toolkit as tk
from toolkit.apps.widgets.live_loop import Job, LiveLoop
from toolkit.core.errors import InvalidValue, TrialFailed, UnknownName
from toolkit.workers.live_worker import LiveWorker, Rendered

PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def tuner() -> Iterator[tk.Tuner]:
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


def test_copied_python_and_command_write_the_same_file(tuner, tmp_path):
    tuner.set(size=2, dynRatio=9)
    runs = {"Python": [sys.executable, "-c", tuner.copies["Python"]]}
    runs["CLI"] = [sys.executable, "-m", "toolkit", *tuner.copies["CLI"].split()[1:]]
    files = []
    for name, command in runs.items():
        folder = tmp_path / name
        folder.mkdir()
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=PATIENCE_S)
        files.append((folder / "oil_painting.png").read_bytes())
    assert files[0] == files[1]
    np.testing.assert_array_equal(tk.load(tmp_path / "CLI" / "oil_painting.png"), tuner.result)


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


def test_a_slow_job_is_overtaken_and_its_process_ends():
    """The float64 reference of a large window takes many seconds; the next move does not wait for it."""
    image = np.resize(tk.photo("coffee"), (400, 600, 3))
    shown: list[tuple[Job, object, bool]] = []
    others = {one.pid for one in psutil.Process().children()}
    worker = LiveWorker(image)
    pixels = 400 * 600
    loop = LiveLoop(worker, pixels=pixels, preview_pixels=pixels, show=lambda *one: shown.append(one))
    slow = {"operation": "oil_painting", "backend": "numpy", "threads": 1}
    quick = {"operation": "fit_side", "backend": None, "threads": 1}
    side = tk.OPERATIONS["fit_side"].resolve({"side": 100})
    try:
        loop.post(Job(number=1, params=side, **quick))
        _wait(lambda: shown)
        before = set(worker.pids)
        loop.post(Job(number=2, params=tk.OPERATIONS["oil_painting"].resolve({"size": 50}), **slow))
        time.sleep(0.5)
        loop.post(Job(number=3, params=side, **quick))
        _wait(lambda: shown[-1][0].number == 3)
        assert [job.number for job, _, _ in shown] == [1, 3]
        assert isinstance(shown[-1][1], Rendered)
        _wait(lambda: sum(not psutil.pid_exists(pid) for pid in before) == 1)
    finally:
        loop.close()
    _wait(lambda: {one.pid for one in psutil.Process().children()} <= others)


def test_a_large_photo_has_a_preview_while_it_moves_and_is_exact_at_rest():
    image = np.resize(tk.photo("coffee"), (700, 1000, 3))
    shown: list[tuple[Job, object, bool]] = []
    preview_pixels = 640 * 448
    loop = LiveLoop(
        LiveWorker(image),
        pixels=700_000,
        preview_pixels=preview_pixels,
        show=lambda *one: shown.append(one),
    )
    try:
        for number, size in enumerate((1, 2, 3), start=1):
            params = tk.OPERATIONS["oil_painting"].resolve({"size": size})
            loop.post(
                Job(number=number, operation="oil_painting", params=params, backend="opencv", threads=1)
            )
        _wait(lambda: shown and shown[-1][2])
    finally:
        loop.close()
    numbers = [job.number for job, _, _ in shown]
    assert numbers == sorted(numbers) and numbers[-2:] == [3, 3]
    assert [is_exact for _, _, is_exact in shown][-2:] == [False, True]
    preview, exact = (found.image for _, found, _ in shown[-2:])
    assert max(preview.shape) == 640
    np.testing.assert_array_equal(exact, tk.apply("oil_painting", image, size=3, backend="opencv", threads=1))


def _wait(is_true) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_true() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert is_true()
