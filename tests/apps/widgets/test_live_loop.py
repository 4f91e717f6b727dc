"""The live loop of a tuner, with real processes: a preview first, the exact picture at rest, old jobs overtaken."""

from __future__ import annotations

import time

import numpy as np
import psutil
import pytest

import toolkit as tk
from tests.waiting import wait_for
from toolkit.apps.widgets.live_loop import Job, LiveLoop
from toolkit.apps.widgets.settings import Settings
from toolkit.workers.live_worker import LiveWorker, Rendered


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
        wait_for(lambda: shown and shown[-1][2])
        before = set(worker.pids)
        loop.post(_job(2, image, "oil_painting", "numpy", size=50))
        wait_for(lambda: shown[-1][0].number == 2)  # its preview: the full picture is next
        time.sleep(1)
        loop.post(_job(3, image, "fit_side", side=100))
        wait_for(lambda: shown[-1][0].number == 3 and shown[-1][2])
        assert [job.number for job, _, is_exact in shown if is_exact] == [1, 3]
        assert isinstance(shown[-1][1], Rendered)
        wait_for(lambda: sum(not psutil.pid_exists(pid) for pid in before) == 1)
        wait_for(lambda: len(worker.pids) == 2)
        after = worker.pids
    finally:
        loop.close()
    wait_for(lambda: not any(map(psutil.pid_exists, after)))


def test_a_large_photo_has_a_preview_while_it_moves_and_is_exact_at_rest():
    image = np.resize(tk.photo("coffee"), (700, 1000, 3))
    shown: list[tuple[Job, object, bool]] = []
    loop = LiveLoop(LiveWorker(image), show=lambda *one: shown.append(one))
    try:
        for number, size in enumerate((1, 2, 3), start=1):
            loop.post(_job(number, image, "oil_painting", "opencv", size=size))
        wait_for(lambda: shown and shown[-1][2])
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
        wait_for(lambda: len(shown) > 1)  # at rest the full picture follows by itself
    finally:
        loop.close()
    (_, part, is_exact), (_, whole, _) = shown
    scale = whole.image.shape[0] // 700
    same = whole.image[300 * scale : 420 * scale, : 150 * scale]
    assert is_exact and part.window == window and part.read_px < 700 * 1000 / 4
    assert np.abs(part.image.astype(int) - same).max() <= 1
