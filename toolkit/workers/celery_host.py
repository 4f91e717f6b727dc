"""The host process of a Celery worker: it runs pictures in child processes (slots).

``python -m toolkit.workers.celery_host THREADS`` starts the process, with the address of the broker in
``ATELIER_BROKER``. A line of JSON on stdin names a picture, a line on stdout reports that a picture has ended, and
the end of stdin ends the host process.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from toolkit import __version__
from toolkit.contracts.outcome import Cause
from toolkit.core.errors import AtelierError
from toolkit.workers.celery_queue import UNACKNOWLEDGED
from toolkit.workers.client_slots import ClientSlots
from toolkit.workers.cluster import host_name, source_digest
from toolkit.workers.executor import Work
from toolkit.workers.fence import MOST_BYTES, Fences, connected, lost_errors, tell_of_worker, too_long
from toolkit.workers.item import Outcome
from toolkit.workers.packed import packed_outcome, unpacked_item
from toolkit.workers.process import WorkerFailed

BEAT_S = 0.5
_HAND_IN_S = 60.0  # longest time, s, for which a result is kept while the Redis server does not answer
_log = logging.getLogger(__name__)


class _Client:
    """The records in Redis (fences) and the child processes (slots) of one client (a command or a service)."""

    def __init__(self, server: Any, name: str, asked: dict[str, Any]) -> None:
        self.fences = Fences(server, name)
        self.slots = ClientSlots(
            Work.from_dict(asked["work"]), asked["timeout_s"], content_id=asked["content_id"]
        )


class _Host:
    """Runs each picture in a child process (slot) that works only for the client of the picture.

    Parameters
    ----------
    broker : str
        Address of the Redis server.
    threads : int
        Largest number of pictures that run at the same time, and of child processes (slots).
    """

    def __init__(self, broker: str, *, threads: int) -> None:
        self._server, self._threads = connected(broker), threads
        self._name = f"{host_name()}-{os.getpid()}"
        self._lock, self._said = threading.Lock(), threading.Lock()
        self._clients: dict[str, _Client] = {}
        self._running: dict[tuple[str, int], tuple[int, str]] = {}
        self._pool = ThreadPoolExecutor(threads)
        threading.Thread(target=self._beat, name="atelier-beat", daemon=True).start()

    def serve(self) -> None:
        """Run the pictures that the lines on stdin name, until stdin closes."""
        for line in sys.stdin:
            self._pool.submit(self._carry, **json.loads(line))

    def close(self) -> None:
        """Kill the child processes of all clients."""
        for client in list(self._clients.values()):
            client.slots.close()

    def _carry(self, number: int, client: str, serial: int, attempt: int, tag: str) -> None:
        """Run a picture, if the picture's record in Redis (fence) still names this attempt to run the picture."""
        try:
            fences = Fences(self._server, client)
            item = fences.start(serial, attempt, self._name)
            if item is not None:
                with self._lock:
                    self._running[client, serial] = attempt, tag
                self._end(fences, serial, attempt, self._outcome(fences, serial, item))
        except lost_errors():  # Redis does not answer: the client will send the picture again
            _log.warning("the connection to the Redis server was lost while a picture ran")
        except Exception:
            _log.exception("a picture could not be run")
        finally:
            with self._lock:
                self._running.pop((client, serial), None)
            with self._said:
                sys.stdout.write(f"{number}\n")
                sys.stdout.flush()

    def _outcome(self, fences: Fences, serial: int, plain: dict[str, Any]) -> Outcome | None:
        """The result or error of a picture; None if the picture's client has ended or Redis has lost the picture."""
        known = self._client(fences.client)
        if known is None:
            return None
        slots = known.slots
        try:
            while len(slots) + self._others(slots) >= self._threads and self._end_idle_slot_of_others(slots):
                pass
            slot = slots.take()
        except AtelierError as error:
            cause = error.cause if isinstance(error, WorkerFailed) else Cause.of(error)
            return Outcome(index=serial, error=str(error), cause=cause)
        try:
            if plain.get("is_trial"):  # no picture to run: only the preparation is tested
                return Outcome(index=serial)
            content = None if plain["path"] is not None else fences.picture(serial)
            if plain["path"] is None and content is None:
                return None
            return slots.run(slot, unpacked_item({**plain, "index": serial}, content))
        finally:
            slots.give_back(slot)

    def _end(self, fences: Fences, serial: int, attempt: int, outcome: Outcome | None) -> None:
        """Send the outcome of a picture to the client as soon as the Redis server can be reached."""
        if outcome is None:
            return
        plain, content = packed_outcome(outcome)
        if content is not None and len(content) > MOST_BYTES:
            said = too_long("result", len(content))
            plain, content = packed_outcome(Outcome(index=serial, error=said, cause=Cause.UNWRITABLE))
        told = json.dumps({"serial": serial, "attempt": attempt, **plain})
        end = time.monotonic() + _HAND_IN_S
        while True:
            try:
                if content is not None:
                    fences.put_result(serial, attempt, content)
                if not fences.end(serial, attempt, self._name, told):
                    _log.info("the client no longer waits for attempt %d to run picture %d", attempt, serial)
                return
            except lost_errors():
                if time.monotonic() > end:
                    return
                time.sleep(BEAT_S)

    def _client(self, name: str) -> _Client | None:
        with self._lock:
            if name not in self._clients:
                asked = Fences(self._server, name).asked()
                if asked is None:
                    return None
                self._clients[name] = _Client(self._server, name, asked)
            return self._clients[name]

    def _others(self, slots: ClientSlots) -> int:
        return sum(len(one.slots) for one in list(self._clients.values()) if one.slots is not slots)

    def _end_idle_slot_of_others(self, slots: ClientSlots) -> bool:
        others = [one.slots for one in list(self._clients.values()) if one.slots is not slots]
        return any(one.end_one_idle() for one in others)

    def _beat(self) -> None:
        """Thread body that renews the records of running pictures and ends the slots of clients that are gone."""
        while True:
            try:
                self._beat_once()
            except lost_errors():
                pass
            except Exception:
                _log.exception("the records of running pictures in Redis (fences) could not be renewed")
            time.sleep(BEAT_S)

    def _beat_once(self) -> None:
        with self._lock:
            running, clients = dict(self._running), dict(self._clients)
        pids = {name: one.slots.pids for name, one in clients.items()}
        facts = {
            "host": host_name(),
            "version": __version__,
            "sources": source_digest(),
            "threads": self._threads,
        }
        tell_of_worker(self._server, self._name, {**facts, "pids": pids})
        for (name, serial), (attempt, tag) in running.items():
            if tag:
                self._server.zadd(UNACKNOWLEDGED, {tag: time.time()}, xx=True)
            known = clients.get(name)
            if not Fences(self._server, name).beat(serial, attempt, self._name) and known is not None:
                if (name, serial) in self._running:
                    known.slots.stop(serial)
        for name, one in clients.items():
            if one.fences.asked() is None:
                with self._lock:
                    del self._clients[name]
                one.slots.close()


def main() -> None:
    """Run the pictures that the lines on stdin name, until stdin closes."""
    logging.basicConfig(format="%(name)s: %(message)s", level=logging.WARNING)
    broker, end = os.environ["ATELIER_BROKER"], time.monotonic() + 600
    while True:
        try:
            host = _Host(broker, threads=int(sys.argv[1]))
            break
        except AtelierError:
            if time.monotonic() > end:
                raise
            time.sleep(1)
    try:
        host.serve()
    finally:
        with suppress(Exception):
            host.close()
        os._exit(0)  # threads that still run pictures must not keep the process alive


if __name__ == "__main__":
    main()
