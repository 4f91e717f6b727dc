"""A worker whose memory grows is replaced between pictures, and no picture is lost."""

from pathlib import Path

import numpy as np

from toolkit.contracts.backend import Placement
from toolkit.contracts.operation import load_plugin
from toolkit.workers.executor import EXECUTORS, Work
from toolkit.workers.item import Item

LEAKS = Path(__file__).parents[1] / "plugins" / "leaks.py"


def pids_of(operation, plugins, *, count):
    work = Work(operation=operation, placement=Placement(threads=1), plugins=plugins)
    image = np.arange(48 * 3, dtype=np.uint8).reshape(6, 8, 3)
    with EXECUTORS["processes"].open(work, recycle=True) as pool:
        outcomes = list(pool.run(Item(index=number, source=image) for number in range(count)))
    assert all(outcome.is_ok and not outcome.deaths for outcome in outcomes)
    return {outcome.worker for outcome in outcomes}


def test_a_worker_that_leaks_is_replaced_and_no_other():
    plugins = ((str(LEAKS), load_plugin(LEAKS)),)
    assert len(pids_of("leaks", plugins, count=40)) >= 2
    assert len(pids_of("bicubic", (), count=40)) == 1
