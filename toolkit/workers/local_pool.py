"""Pools that run pictures in the calling process: in the calling thread, in threads, or from an event loop."""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from time import perf_counter

from toolkit.workers.executor import Pool, Work
from toolkit.workers.item import Item, Outcome, cancelled
from toolkit.workers.picture_job import PictureJob


class _LocalPool(Pool):
    """A pool that runs pictures in this process; the operation is prepared when the pool is created."""

    def __init__(self, work: Work) -> None:
        self._job = PictureJob(work).__enter__()

    @property
    def pids(self) -> list[int]:
        return []

    def close(self) -> None:
        self._job.__exit__()

    def _run(self, item: Item, submitted_s: float) -> Outcome:
        started = perf_counter()
        (found,) = self._job.run([item])
        stages_s = {"wait": started - submitted_s, **found.stages_s}
        finished = perf_counter()
        return replace(
            found, stages_s=stages_s, started_s=submitted_s, finished_s=finished, worker=os.getpid()
        )


class InlinePool(_LocalPool):
    """Runs each picture at once, in the call that submits the picture."""

    def submit(self, item: Item) -> Future[Outcome]:
        """Run a picture at once, and return a finished future."""
        future: Future[Outcome] = Future()
        future.set_result(self._run(item, perf_counter()))
        return future


class ThreadsPool(_LocalPool):
    """Runs pictures in threads of this process.

    Parameters
    ----------
    work : Work
        Operation with its settings.
    workers : int
        Number of threads.
    in_flight : int
        Largest number of pictures that are submitted and not finished.
    """

    def __init__(self, work: Work, *, workers: int, in_flight: int) -> None:
        super().__init__(work)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="atelier-worker")
        self._free = threading.BoundedSemaphore(in_flight)
        self._waiting: dict[int, tuple[Item, Future[Outcome], Future[Outcome]]] = {}

    def submit(self, item: Item) -> Future[Outcome]:
        """Submit a picture; the call waits while too many pictures are unfinished."""
        self._free.acquire()
        told: Future[Outcome] = Future()
        inner = self._begin(item, perf_counter())
        self._waiting[item.index] = item, told, inner
        inner.add_done_callback(lambda done: self._end(item, done, told))
        return told

    def cancel(self, index: int) -> bool:
        """Cancel a waiting picture; a running picture cannot be stopped."""
        _, _, inner = self._waiting.get(index, (None, None, None))
        return inner is not None and inner.cancel()

    def close(self) -> None:
        """End the threads, after the calls that still run have ended."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        super().close()

    def _begin(self, item: Item, submitted_s: float) -> Future[Outcome]:
        return self._threads.submit(self._run, item, submitted_s)

    def _end(self, item: Item, done: Future[Outcome], told: Future[Outcome]) -> None:
        self._waiting.pop(item.index, None)
        self._free.release()
        if not told.cancelled():
            told.set_result(cancelled(item.index) if done.cancelled() else done.result())


class AsyncioThreadsPool(ThreadsPool):
    """Runs pictures in threads to which an event loop passes them, as an asynchronous service does."""

    def __init__(self, work: Work, *, workers: int, in_flight: int) -> None:
        super().__init__(work, workers=workers, in_flight=in_flight)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="atelier-loop", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the threads, and the event loop after the future of every submitted picture has ended."""
        super().close()
        asyncio.run_coroutine_threadsafe(self._finish(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _begin(self, item: Item, submitted_s: float) -> Future[Outcome]:
        return asyncio.run_coroutine_threadsafe(self._handle(item, submitted_s), self._loop)

    async def _handle(self, item: Item, submitted_s: float) -> Outcome:
        try:
            outcome = self._loop.run_in_executor(self._threads, self._run, item, submitted_s)
        except RuntimeError:  # the threads have ended, because the pool is closing
            return cancelled(item.index)
        return await outcome

    async def _finish(self) -> None:
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)
