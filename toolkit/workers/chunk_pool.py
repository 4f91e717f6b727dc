"""A pool that sends pictures in chunks to Dask workers, and sends them again if a worker or scheduler dies."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import replace
from itertools import count
from time import perf_counter
from typing import Any

from toolkit.contracts.outcome import Cause
from toolkit.core.errors import Unavailable
from toolkit.workers.cluster import Cluster, ClusterLost, WorkerGone, source_digest
from toolkit.workers.dask_slot import packed, pids, prepare_everywhere, run_chunk, stop, travelling
from toolkit.workers.executor import Pool, Work
from toolkit.workers.item import Item, Outcome, cancelled
from toolkit.workers.slot import MOST_ATTEMPTS
from toolkit.workers.travelling import Travelling, size_bytes, with_content, written

_CHUNK_BYTES = 8_000_000  # Dask warns of messages above 10 MB
_CHUNK_S = 0.5  # intended run time of the pictures in one message, s; other workers idle during a long one
_PATIENCE_S = 60.0  # longest wait for a lost Dask scheduler to be started again, s
_LOOK_S = 0.05
_COUNT_S = 2.0  # interval at which the threads of the Dask workers are counted, s


class ChunkPool(Pool):
    """Sends pictures to Dask workers and receives the results.

    Parameters
    ----------
    work : Work
        Operation with its settings, which every Dask worker prepares.
    connect : callable
        Function that connects to the cluster; it is called again when the connection was lost.
    timeout_s : float or None
        Longest time for one picture, s; None: no limit.
    in_flight : int or None
        Largest number of unfinished pictures; None for two chunks of pictures for each thread of the workers.
    most : int
        Largest number of pictures in a chunk, which is one message to a Dask worker.
    sends_paths : bool
        Whether the workers can read the files of this computer; otherwise a picture carries the bytes of its file.
    local : LocalCluster, optional
        Dask cluster on this machine, which ends when this pool of workers is closed.

    Raises
    ------
    UnknownName, InvalidValue, Unavailable, Unsupported
        The cluster cannot be reached, or a worker cannot prepare the operation.
    """

    def __init__(
        self,
        work: Work,
        connect: Callable[[], Cluster],
        *,
        timeout_s: float | None,
        in_flight: int | None,
        most: int,
        sends_paths: bool,
        local: Any = None,
    ) -> None:
        self._work, self._timeout_s, self._local = travelling(work), timeout_s, local
        self._connect, self._most, self._sends_paths = connect, most, sends_paths
        self._lock = threading.Condition()
        self._waiting: deque[Travelling] = deque()
        self._running: dict[Any, list[Travelling]] = {}
        self._ended: deque[Any] = deque()
        self._serials = count()
        self._is_closed = False
        self._item_s = 0.0
        self._lost: Unavailable | None = None
        self._cluster = connect()
        try:
            self._prepare()
        except BaseException:
            self._cluster.close()
            raise
        self._n_threads, self._counted_s = self._cluster.n_threads(), time.monotonic()
        # Each thread of a worker gets two chunks, so that a worker never waits for its next chunk.
        self._free = threading.Semaphore(2 * self._n_threads * most if in_flight is None else in_flight)
        self._carrier = threading.Thread(target=self._carry, name="atelier-carrier", daemon=True)
        self._carrier.start()

    @property
    def pids(self) -> list[int]:
        """Process ids of the child processes on this machine; empty for a cluster of other machines."""
        if self._local is None or self._is_closed:
            return []
        told = self._cluster.on_each(pids, self._cluster.lease).values()
        return sorted({pid for some in told if isinstance(some, list) for pid in some})

    def submit(self, item: Item) -> Future[Outcome]:
        """Submit a picture; the call waits while too many pictures are unfinished.

        Raises `Unavailable` if the connection to the cluster was lost for a minute.
        """
        if self._lost is not None:
            raise self._lost
        future: Future[Outcome] = Future()
        self._free.acquire()
        with self._lock:
            if self._is_closed:
                self._free.release()
                future.set_result(cancelled(item.index))
                return future
            self._waiting.append(Travelling(item, next(self._serials), future, perf_counter()))
            self._lock.notify()
        return future

    def cancel(self, index: int) -> bool:
        """Stop a picture: a waiting picture leaves the queue, and the child process of a running picture is killed."""
        with self._lock:
            travelled = (going for chunk in self._running.values() for going in chunk)
            found = next((g for g in (*self._waiting, *travelled) if g.item.index == index), None)
            if found is None or found.future.done():
                return False
            is_here = found in self._waiting
            if is_here:
                self._waiting.remove(found)
        if not is_here:
            with suppress(ClusterLost):
                self._cluster.on_each(stop, self._cluster.lease, found.serial)
        self._tell(found, cancelled(index))
        return True

    def close(self) -> None:
        """Leave the cluster; the workers' child processes end within a second, unfinished pictures are cancelled."""
        with self._lock:
            self._is_closed = True
            self._lock.notify()
        self._carrier.join()
        self._cluster.close()
        if self._local is not None:
            self._local.close()
        for going in (*self._waiting, *(one for chunk in self._running.values() for one in chunk)):
            self._tell(going, cancelled(going.item.index))

    def _prepare(self) -> None:
        prepare_everywhere(self._cluster, self._work, self._timeout_s, names_worker=self._local is None)

    def _carry(self) -> None:
        """Send chunks of pictures to the Dask workers and receive the results: body of the pool's own thread."""
        while True:
            with self._lock:
                while not (self._is_closed or self._ended or self._can_send()):
                    self._lock.wait(_LOOK_S if self._running else None)
                if self._is_closed:
                    return
                ended = [self._ended.popleft() for _ in range(len(self._ended))]
            try:
                for future in ended:
                    self._take(future)
                self._send()
            except ClusterLost:
                if not self._came_back():
                    return

    def _can_send(self) -> bool:
        return bool(self._waiting) and len(self._running) < 2 * self._n_threads

    def _send(self) -> None:
        if time.monotonic() > self._counted_s + _COUNT_S:
            self._n_threads, self._counted_s = self._cluster.n_threads(), time.monotonic()
        while self._can_send():
            size = self._most if not self._item_s else max(1, min(self._most, round(_CHUNK_S / self._item_s)))
            chunk, told, n_bytes = list[Travelling](), list[dict[str, Any]](), 0
            while self._waiting and len(chunk) < size and n_bytes < _CHUNK_BYTES:
                with self._lock:
                    going = self._waiting.popleft()
                if going.deaths and chunk:
                    with self._lock:
                        self._waiting.appendleft(going)
                    break
                item = self._readable(going)
                if item is None:
                    continue
                chunk.append(going)
                told.append(packed(replace(item, index=going.serial)))
                n_bytes += size_bytes(item)
                if going.deaths:
                    break  # a picture whose worker was lost is sent alone
            if not chunk:
                return
            try:
                future = self._cluster.client.submit(
                    run_chunk,
                    self._work,
                    told,
                    self._timeout_s,
                    self._cluster.lease,
                    source_digest(),
                    pure=False,
                )
            except Exception as error:  # the Dask client has closed itself
                with self._lock:
                    self._waiting.extendleft(reversed(chunk))
                raise self._cluster.lost() from error
            self._running[future] = chunk
            future.add_done_callback(self._note)

    def _note(self, future: Any) -> None:
        with self._lock:
            self._ended.append(future)
            self._lock.notify()

    def _readable(self, going: Travelling) -> Item | None:
        """The `Item` that Dask sends; None if the picture's future was cancelled, or if its file cannot be read."""
        if not going.is_wanted():
            self._free.release()
            return None
        try:
            return going.item if self._sends_paths else with_content(going.item)
        except OSError as error:
            said = f"picture {str(going.item.source)!r} cannot be read: {error.strerror}."
            self._tell(going, Outcome(index=going.item.index, error=said, cause=Cause.RAISED))
            return None

    def _take(self, future: Any) -> None:
        chunk = self._running.get(future)
        if chunk is None:
            return
        try:
            found = self._cluster.result(future, timeout_s=30.0)
        except WorkerGone:
            del self._running[future]
            self._again(chunk)
            return
        except ClusterLost:
            raise
        except Exception as error:
            found = f"{type(error).__name__}: {error}"
        self._running.pop(future, None)
        if isinstance(found, str):
            said = f"a Dask worker {found}" if found.startswith("has other") else found
            for going in chunk:
                self._tell(going, Outcome(index=going.item.index, error=said, cause=Cause.UNAVAILABLE))
            return
        spent = [sum(one.stages_s.values()) - one.stages_s.get("wait", 0.0) for one, _ in found]
        self._item_s = sum(spent) / len(spent)
        for going, (outcome, content) in zip(chunk, found, strict=True):
            if outcome.cause is Cause.CANCELLED and not going.future.done():
                self._again([going])  # not cancelled by this pool: the picture's worker is ending
                continue
            outcome = replace(outcome, content=content.tobytes(), index=going.item.index)
            self._tell(going, outcome if self._sends_paths else written(going.item, outcome))

    def _again(self, chunk: list[Travelling]) -> None:
        """Queue the pictures of a lost Dask worker again, each alone; a picture that has lost three workers fails."""
        for going in chunk:
            going.deaths["Dask worker lost"] += 1
            if going.deaths.total() >= MOST_ATTEMPTS:
                said = f"{MOST_ATTEMPTS} Dask workers were lost while they ran this picture."
                self._tell(going, Outcome(index=going.item.index, error=said, cause=Cause.DIED))
            else:
                with self._lock:
                    self._waiting.appendleft(going)

    def _tell(self, going: Travelling, outcome: Outcome) -> None:
        if going.future.done():
            return
        self._free.release()
        now = perf_counter()
        deaths = Counter(outcome.deaths) + going.deaths
        with suppress(InvalidStateError):
            going.future.set_result(replace(outcome, deaths=deaths, started_s=going.since_s, finished_s=now))

    def _came_back(self) -> bool:
        """Connect to the cluster again and queue the sent pictures again; after a minute in vain, all of them fail."""
        with self._lock:
            for chunk in self._running.values():
                self._waiting.extendleft(going for going in reversed(chunk) if not going.future.done())
            self._running.clear()
            self._ended.clear()
        self._cluster.close()
        end = time.monotonic() + _PATIENCE_S
        error: Unavailable = self._cluster.lost()
        while not self._is_closed:
            try:
                self._cluster = self._connect()
                self._prepare()
                return True
            except Unavailable as again:
                if time.monotonic() > end:
                    error = again
                    break
                time.sleep(1.0)
        self._lost = error
        for going in list(self._waiting):
            self._free.release()
            with suppress(InvalidStateError):
                going.future.set_exception(error)
        return False
