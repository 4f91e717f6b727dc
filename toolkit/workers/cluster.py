"""Connect to a Dask cluster, check that its workers run the same Atelier, and detect workers that have left.

Only this module and the Dask executor import Dask, and only inside functions, so that the rest works without Dask.
"""

from __future__ import annotations

import hashlib
import logging
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from toolkit import __version__
from toolkit.core.errors import InvalidValue, Unavailable

CONNECT_S = 5.0
"""Longest wait for an answer of the Dask scheduler, s."""

_WORKER_S = 15.0  # longest wait for the first worker to register with the Dask scheduler, s
_LEASE_CHECK_S = 0.4
_PACKAGE = Path(__file__).resolve().parents[1]


class ClusterLost(Unavailable):
    """The scheduler of the Dask cluster no longer answers."""


class WorkerGone(Exception):
    """The Dask workers that ran a task were killed, or lost the result of the task."""


class Cluster:
    """A connection to the scheduler of a Dask cluster; a context manager that ends the connection.

    Parameters
    ----------
    address : str
        Address of the scheduler, such as ``tcp://10.0.0.1:8786``.

    Attributes
    ----------
    client : distributed.Client
        Dask's object for this connection.
    lease : str
        Name of a result that the scheduler keeps as long as this connection exists; see `Lease`.

    Raises
    ------
    InvalidValue
        The address is not the address of a scheduler.
    Unavailable
        Dask is not installed, no scheduler answers, there is no worker, or a worker runs another version of Atelier.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.client = _connected(address)
        try:
            self._wait_for_a_worker()
            self.refuse_other_versions()
            self.lease = f"atelier-{uuid4().hex}"
            self._lease = self.client.submit(int, key=self.lease)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection to the scheduler, which then cancels the tasks of this client that have not started."""
        with suppress(Exception):  # the Dask scheduler may have ended
            self.client.close(timeout=2)

    def workers(self) -> dict[str, dict[str, Any]]:
        """Name, threads and resources of each connected worker, as the scheduler knows them, by the worker's address.

        Raises
        ------
        ClusterLost
            The Dask scheduler no longer answers.
        """
        try:
            # `scheduler_info` is not used, because Dask's periodic update may have removed the workers from it.
            told = self.client.sync(self.client.scheduler.identity, n_workers=-1)
            return dict(told["workers"])
        except (OSError, RuntimeError, AttributeError, ValueError) as error:
            raise self.lost() from error

    def on_each(self, function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
        """Run a short function on each worker; returns its result, or the error that it raised, by worker address.

        Raises
        ------
        ClusterLost
            The Dask scheduler no longer answers.
        """
        try:
            return dict(self.client.run(function, *arguments, on_error="return"))
        except (OSError, RuntimeError, AttributeError, ValueError) as error:
            raise self.lost() from error

    def result(self, future: Any, *, timeout_s: float) -> Any:
        """Wait for the result of a task that a Dask worker runs.

        Raises
        ------
        TimeoutError
            The task gives no result within `timeout_s` seconds.
        WorkerGone
            The workers that ran the task were killed.
        ClusterLost
            The Dask scheduler no longer answers.
        """
        from distributed import CancelledError, KilledWorker
        from distributed import TimeoutError as NoAnswer

        try:
            return future.result(timeout=timeout_s)
        except NoAnswer:
            raise TimeoutError from None
        except KilledWorker as error:
            raise WorkerGone(str(error.last_worker.address)) from error
        except (CancelledError, OSError) as error:
            # An OSError means that the connection ended while the result was sent. The next call raises an error if the
            # scheduler is gone.
            self.workers()
            # The scheduler keeps the result `lease` while it knows this client; a new scheduler lacks the result.
            if self._lease.status == "cancelled":
                raise self.lost() from error
            raise WorkerGone(str(error)) from error

    def n_threads(self) -> int:
        """Number of threads of all Dask workers of the cluster together, at least 1."""
        return max(1, sum(int(info["nthreads"]) for info in self.workers().values()))

    def names(self) -> dict[str, str]:
        """For each worker's address, the text with which messages name the worker: its name and its address."""
        return {address: f"{info['name']} ({address})" for address, info in self.workers().items()}

    def lost(self) -> ClusterLost:
        """The error that says that the Dask scheduler no longer answers."""
        return ClusterLost(f"the Dask scheduler at {self.address} no longer answers.")

    def refuse_other_versions(self) -> None:
        """Raise an error that names the workers which run another version of Atelier.

        Raises
        ------
        Unavailable
            A Dask worker runs another version of Atelier, or has no Atelier.
        """
        # Each worker is first asked for its version of Atelier: the worker can answer this question even if its
        # Atelier is old or missing.
        versions = self.on_each(eval, "__import__('toolkit').__version__")
        wrong = {at: _version_text(told) for at, told in versions.items() if told != __version__}
        if not wrong:
            sources = self.on_each(source_digest)
            own = source_digest()
            wrong = {
                at: f"source files of {__version__} that differ"
                for at, told in sources.items()
                if told != own
            }
        if wrong:
            names = self.names()
            told = ", ".join(f"{names.get(at, at)} has {what}" for at, what in sorted(wrong.items()))
            raise Unavailable(
                f"every worker must run Atelier {__version__} with the sources of this computer, but worker {told}. "
                "Install this version on that machine, and start the worker again."
            )

    def _wait_for_a_worker(self) -> None:
        from distributed import TimeoutError as NoAnswer

        try:
            self.client.wait_for_workers(1, timeout=_WORKER_S)
        except (NoAnswer, TimeoutError) as error:
            raise Unavailable(
                f"the Dask scheduler at {self.address} has no worker; start one with: dask worker {self.address}"
            ) from error


def _connected(address: str) -> Any:
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise Unavailable("a cluster needs Dask; run pip install -e '.[cluster]'.") from error
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # Atelier itself reports its errors
    try:
        return Client(address, timeout=CONNECT_S, set_as_default=False, name="atelier")  # type: ignore[no-untyped-call]
    except OSError as error:
        raise Unavailable(
            f"no Dask scheduler answers at {address!r}; start one with `dask scheduler`, and give its address."
        ) from error
    except (ValueError, TypeError) as error:
        raise InvalidValue(
            f"the address of a cluster must be like tcp://10.0.0.1:8786; got {address!r}."
        ) from error


def _version_text(told: object) -> str:
    if isinstance(told, ModuleNotFoundError):
        return "no Atelier"
    return f"Atelier {told}" if isinstance(told, str) else f"an Atelier that cannot be imported ({told})"


@cache
def source_digest() -> str:
    """Hash of all Python files of this package, 12 hex digits: two machines with equal hashes run the same code."""
    digest = hashlib.sha256()
    for file in sorted(_PACKAGE.rglob("*.py")):
        digest.update(file.relative_to(_PACKAGE).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def host_name() -> str:
    """Name of this machine."""
    return socket.gethostname()


class Lease:
    """Tells a Dask worker whether the client for which the worker works is still connected to the scheduler.

    The scheduler forgets the lease when the connection of its client ends, even if the client is killed.

    Parameters
    ----------
    name : str
        The attribute `Cluster.lease` of the client.
    """

    def __init__(self, name: str) -> None:
        from distributed import get_worker

        self._name, self._worker = name, get_worker()

    def is_held(self) -> bool:
        """Whether the client is connected to the scheduler; False if the scheduler does not answer."""
        from distributed.utils import sync

        try:
            ask = self._worker.scheduler.get_task_status
            states = sync(self._worker.loop, ask, keys=[self._name], callback_timeout=CONNECT_S)
        except Exception:  # after any error the worker cannot deliver its results to the client
            return False
        return states.get(self._name) is not None

    def call_when_lost(self, function: Callable[[], None]) -> Callable[[], None]:
        """Call a function from a thread of its own as soon as the client has disconnected.

        Returns
        -------
        callable
            Function that ends the regular checks of the connection.
        """
        is_over = threading.Event()

        def watch() -> None:
            while not is_over.wait(_LEASE_CHECK_S):
                if not self.is_held():
                    function()
                    return

        threading.Thread(target=watch, name="atelier-lease", daemon=True).start()
        return is_over.set
