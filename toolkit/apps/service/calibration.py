"""Time each served operation at the start, so that estimates and ``--max-cost`` work from the first request."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable

import numpy as np

from toolkit.apps.service.catalogue import Catalogue
from toolkit.images.image import Image
from toolkit.jobs.costs import Costs
from toolkit.workers.executor import Pool
from toolkit.workers.item import FileTarget, Item

_SIZE = (480, 640)
_CALLS = 2  # the first of the two runs of an operation also loads the model, so it is not timed

_log = logging.getLogger(__name__)


def calibrate(
    catalogue: Catalogue, pool: Pool, costs: Costs, *, is_over: Callable[[], bool] = lambda: False
) -> None:
    """Run each operation of unknown duration twice on a picture of 640 x 480 px, and note the second run's time."""
    picture, indices = _picture(), itertools.count(-1, -1)  # indices of jobs are positive
    height, width = _SIZE
    for work in catalogue.default_works():
        if costs.run_s(work, n_px=height * width) is not None:
            continue
        for number in range(_CALLS):
            if is_over():
                return
            item = Item(
                index=next(indices), source=picture, target=FileTarget(path=None, suffix=".png"), work=work
            )
            outcome = pool.submit(item).result()
            if not outcome.is_ok:
                _log.warning("%s cannot be timed: %s", work.operation, outcome.error)
                break
            seconds = sum(took for stage, took in outcome.stages_s.items() if stage != "wait")
            if number == _CALLS - 1:
                costs.note_run(work, n_px=height * width, seconds=seconds)


class Calibration:
    """Context manager that runs `calibrate` in a thread, and ends the thread on exit."""

    def __init__(self, catalogue: Catalogue, pool: Pool, costs: Costs) -> None:
        self._is_over = threading.Event()
        self._thread = threading.Thread(
            target=calibrate,
            args=(catalogue, pool, costs),
            kwargs={"is_over": self._is_over.is_set},
            daemon=True,
        )

    def __enter__(self) -> Calibration:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_over.set()
        self._thread.join(timeout=5)


def _picture() -> Image:
    """A picture for timing: smooth shapes with noise, similar to a photo."""
    rows, columns = np.mgrid[0 : _SIZE[0], 0 : _SIZE[1]]
    waves = np.stack([np.sin(rows / 40), np.cos(columns / 60), np.sin((rows + columns) / 50)], axis=-1)
    noise = np.random.default_rng(0).normal(0, 8, waves.shape)
    found: Image = np.clip(128 + 90 * waves + noise, 0, 255).astype(np.uint8)
    return found
