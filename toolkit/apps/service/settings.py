"""The settings of ``atelier serve``, checked before anything starts."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from toolkit.core.errors import InvalidValue, invalid
from toolkit.core.params import Value
from toolkit.workers.executor import EXECUTORS, Work


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """The settings of the web service ``atelier serve``.

    Attributes
    ----------
    operations : tuple of str
        Operations that are served and prepared before the first request. If empty, all operations are served,
        and each is prepared at its first request.
    tuned : mapping of operation to Work
        Settings that ``atelier tune`` has found for an operation; a request may set other values.
    data : Path
        Folder of the ledger, the uploads and the results.
    workers : (int, int)
        Lowest and highest number of workers. Workers that users start on other machines count too.
    threads : int
        Number of threads of each worker.
    most_waiting : int
        Largest number of jobs that wait; further jobs are refused.
    max_wait_s : float
        Longest estimated wait, s; a job that would wait longer is refused.
    executor : str
        Name of the executor that runs the workers.
    executor_options : mapping
        Options of the executor.
    host, port : str, int
        Address and port at which the service listens.
    token : str
        The token that each request must carry; ``""`` if none is needed.
    is_open : bool
        Whether a host that other machines can reach may be served without a token.
    most_upload_bytes, most_px : int
        Largest uploaded file, bytes, and largest picture, pixels.
    max_cost_s : float or None
        Longest time that an operation may take at the size of the picture, as measured; slower operations are refused.
    keep_s : float
        Age at which uploads and results are deleted, s.
    cache_bytes : int
        Largest size of the cache of results, bytes.
    plugins : tuple of (path, sha256)
        Plug-in files that the workers load.
    deadline_s : (float, float)
        Lower and upper bound of the time limit for one operation of a job, s.
    drain_s : float
        Longest time that an ending service waits for its running jobs, s.
    """

    operations: tuple[str, ...] = ()
    tuned: Mapping[str, Work] = field(default_factory=dict)
    data: Path
    workers: tuple[int, int] = (1, 1)
    threads: int = 1
    most_waiting: int = 64
    max_wait_s: float = 60.0
    executor: str = "processes"
    executor_options: Mapping[str, Value] = field(default_factory=dict)
    host: str = "127.0.0.1"
    port: int = 8765
    token: str = ""
    is_open: bool = False
    most_upload_bytes: int = 20_000_000
    most_px: int = 25_000_000
    max_cost_s: float | None = None
    keep_s: float = 3600.0
    cache_bytes: int = 256_000_000
    plugins: tuple[tuple[str, str], ...] = ()
    deadline_s: tuple[float, float] = (30.0, 600.0)
    drain_s: float = 600.0

    def check(self) -> None:
        """Raise an error if a setting of the service is wrong.

        Raises
        ------
        UnknownName, InvalidValue
        """
        executor = EXECUTORS[self.executor]
        if not executor.isolates:
            hint = "The executor 'processes' isolates its workers in processes of their own."
            raise invalid(
                "executor", "a service", "an executor that isolates its workers", self.executor, hint
            )
        low, high = self.workers
        if not 1 <= low <= high:
            raise invalid("workers", "a service", "N or LOW..HIGH with 1 <= LOW <= HIGH", f"{low}..{high}")
        if not (is_loopback(self.host) or self.token or self.is_open):
            raise InvalidValue(
                f"host {self.host!r} can be reached from other machines, so it needs --token TOKEN, or --no-token "
                "if everybody may use it."
            )


def is_loopback(host: str) -> bool:
    """Whether a host can be reached from this machine alone.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
