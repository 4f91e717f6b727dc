"""Jobs of a service for tests: a folder, pictures in it, and what is asked."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from toolkit.contracts.backend import Placement
from toolkit.contracts.operation import load_plugin
from toolkit.jobs.asked import Asked, JobFolder
from toolkit.jobs.queue import JobQueue
from toolkit.jobs.result_cache import ResultCache
from toolkit.workers.executor import Work

NAPS = Path(__file__).parents[1] / "plugins" / "naps.py"


def nap(seconds: float = 0.01, *, dies: bool = False) -> Work:
    """The work of a plug-in that sleeps, or kills its process."""
    plugins = ((str(NAPS), load_plugin(NAPS)),)
    params = (("seconds", seconds), ("dies", dies))
    return Work(operation="naps", params=params, placement=Placement(threads=1), plugins=plugins)


def asked(folder: JobFolder, number: int = 0, *, work: Work | None = None) -> Asked:
    """A request with a picture of its own, which lies in the folder."""
    name = f"picture-{number}"
    ok, encoded = cv2.imencode(".png", np.random.default_rng(number).integers(0, 256, (24, 32, 3), np.uint8))
    assert ok
    (folder.uploads / name).write_bytes(encoded.tobytes())
    return Asked(
        works=(nap() if work is None else work,),
        suffix=".png",
        picture=name,
        picture_name="a.png",
        width=32,
        height=24,
        digest=f"{number:064x}",
    )


def queue_in(
    path: Path, *, most_waiting: int = 1000, max_wait_s: float = 1e6, cache_bytes: int = 0
) -> JobQueue:
    """A queue with two workers."""
    folder = JobFolder(path)
    cache = ResultCache(folder.cache, most_bytes=cache_bytes, keep_s=1e6)
    queue = JobQueue(folder, most_waiting=most_waiting, max_wait_s=max_wait_s, cache=cache)
    queue.note_workers(2)
    return queue
