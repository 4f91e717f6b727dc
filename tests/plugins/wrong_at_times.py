"""White for a bright picture and black for a dark one; the planted kernel is wrong where few would look.

`where`: ``batch``: all but the last two of eight calls in a row. ``worker``: every call in all but the first of the
workers side by side. ``photo``: black for every picture.
"""

import itertools
import os

import numpy as np

from toolkit.contracts.operation import Operation
from toolkit.core.params import Param


def _right(runtime, where):
    return lambda image: np.full_like(image, 255 if image[0, 0, 0] > 100 else 0)


def _planted(runtime, where):
    calls = itertools.count()
    right = _right(runtime, where)

    def run(image):
        is_wrong = {
            "batch": next(calls) % 8 < 6,
            "worker": not _is_first_worker(),
            "photo": True,
        }
        return np.zeros_like(image) if is_wrong[where] else right(image)

    return run


def _is_first_worker():
    import psutil

    workers = [p for p in psutil.Process(os.getppid()).children() if "toolkit.workers.worker" in p.cmdline()]
    return min(workers, key=lambda p: (p.create_time(), p.pid)).pid == os.getpid()


OPERATION = Operation(
    name="wrong_at_times",
    summary=__doc__,
    kernels={"numpy": _right, "opencv": _planted},
    params=(Param(name="where", default="photo", choices=("batch", "worker", "photo"), rebuild=True),),
    reference="numpy",
)
