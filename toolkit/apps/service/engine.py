"""The parts of a service behind HTTP: the queue, the workers, and the threads that connect them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from typing import Self

from toolkit.apps.service.calibration import Calibration, calibrate
from toolkit.apps.service.catalogue import Catalogue
from toolkit.apps.service.settings import ServiceSettings
from toolkit.apps.service.watch import Watch
from toolkit.core.params import Value
from toolkit.jobs.asked import JobFolder
from toolkit.jobs.dispatcher import Dispatcher
from toolkit.jobs.folder_lock import only_writer_in
from toolkit.jobs.job_news import Change
from toolkit.jobs.pool_size import PoolSize
from toolkit.jobs.queue import JobQueue
from toolkit.jobs.result_cache import ResultCache
from toolkit.jobs.sweeping import Sweeper
from toolkit.machine.hardware import allowed_cpus
from toolkit.workers.executor import EXECUTORS, Pool

_USUAL_OPTIONS: dict[str, dict[str, Value]] = {"processes": {"recycle": True}, "celery": {"patient": True}}
"""Options of executors for a service that runs for months: workers may leak memory; a broker may be gone for long."""

_log = logging.getLogger(__name__)


class Engine:
    """The queue and the workers of a service; a context manager.

    Parameters
    ----------
    settings : ServiceSettings
        Settings of the service.

    Raises
    ------
    UnknownName, InvalidValue, Unavailable, Unsupported
        On entry, if another service uses the same data folder, or the workers cannot be prepared.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        settings.check()
        self.settings, self.watch = settings, Watch()
        self.catalogue = Catalogue(settings)
        self.listeners: list[Callable[[Change], None]] = [self.watch.tell]

    def __enter__(self) -> Self:
        settings = self.settings
        with ExitStack() as stack:
            self.folder = JobFolder(settings.data)
            stack.enter_context(
                only_writer_in(settings.data, lock_name=".atelier-service.lock", name="DATA", noun="service")
            )
            self.queue = self._opened_queue()
            stack.callback(self.queue.close)
            self.pool = stack.enter_context(self._opened_pool())
            if settings.max_cost_s is not None:
                calibrate(self.catalogue, self.pool, self.queue.costs)
            elif settings.operations:
                stack.enter_context(Calibration(self.catalogue, self.pool, self.queue.costs))
            low, high = settings.workers
            workers = high if self.pool.comes_and_goes else low
            self.dispatcher = stack.enter_context(
                Dispatcher(self.queue, self.pool, workers=workers, deadline_s=settings.deadline_s)
            )
            # With more workers than free cores, every worker would be slower.
            most = max(workers, min(high, allowed_cpus() // settings.threads))
            self.pool_size = stack.enter_context(
                PoolSize(self.queue, self.dispatcher, self.pool, low=workers, high=most)
            )
            stack.enter_context(Sweeper(self.queue, keep_s=settings.keep_s))
            self._stack = stack.pop_all()
        return self

    def _opened_queue(self) -> JobQueue:
        """The queue of the jobs in the data folder; jobs that were running when the service ended wait again."""
        settings = self.settings
        queue = JobQueue(
            self.folder,
            most_waiting=settings.most_waiting,
            max_wait_s=settings.max_wait_s,
            cache=ResultCache(self.folder.cache, most_bytes=settings.cache_bytes, keep_s=settings.keep_s),
            on_change=self._tell,
        )
        if queue.n_given_back:
            _log.warning(
                "%d jobs were running when the service ended; these jobs run again.", queue.n_given_back
            )
        return queue

    def _opened_pool(self) -> Pool:
        """The workers, which have prepared the first operation of the service."""
        settings = self.settings
        return EXECUTORS[settings.executor].open(
            self.catalogue.first_work(),
            workers=settings.workers[0],
            timeout_s=settings.deadline_s[1],
            in_flight=8 * (settings.workers[1] + 2),
            **{**_USUAL_OPTIONS.get(settings.executor, {}), **settings.executor_options},
        )

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def drain(self) -> None:
        """Accept no more jobs, and wait until the running jobs have ended."""
        if not self.dispatcher.drain(longest_s=self.settings.drain_s):
            _log.warning(
                "some jobs still run after %.0f s; these jobs run again at the next start.",
                self.settings.drain_s,
            )

    @property
    def is_ready(self) -> bool:
        """Whether a warm worker is ready for jobs."""
        return self.queue.workers > 0 and not self.queue.is_draining

    def _tell(self, change: Change) -> None:
        for listener in self.listeners:
            listener(change)
