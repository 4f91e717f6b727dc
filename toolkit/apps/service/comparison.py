"""Compare three services under the same load: two published services and ``atelier serve``, one after the other."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from toolkit.contracts.load_test import LoadTest, Slo
from toolkit.contracts.placed import placement_for
from toolkit.core.child_process import module_command, module_environment
from toolkit.core.errors import Unavailable
from toolkit.core.params import Value
from toolkit.machine.memory import TreeSampler
from toolkit.results.tables.load_capacities import ServiceUnderLoad
from toolkit.studies.load.adapters import JobsService, PlainService, Service
from toolkit.studies.load.pictures import Picture, pictures_to_send
from toolkit.studies.load.run import Load
from toolkit.studies.load.search import capacity_search
from toolkit.workers.executor import Work
from toolkit.workers.picture_job import PictureJob

SYNCHRONOUS, QUEUED, OURS = "published, synchronous", "published, queued", "atelier serve"
_KINDS = {SYNCHRONOUS: "synchronous", QUEUED: "queued"}
_SAMPLE_S = 0.1


def services_under_load(
    operation: str,
    *,
    slo: str,
    backend: str = "",
    params: Mapping[str, Value] | None = None,
    images: str = "",
    side_px: int | None = None,
    workers: int = 2,
    duration_s: float = 15.0,
    overload_s: float = 10.0,
    factors: Sequence[int] = (2, 4),
    precision: float = 1.04,
    requests: int = 150,
    seed: int = 0,
    on_step: Callable[[str], None] = lambda said: None,
) -> list[ServiceUnderLoad]:
    """Measure the capacity of the two published services and of ``atelier serve``, and their behaviour in overload.

    Parameters
    ----------
    operation, backend : str
        Names of the operation and of its backend; backend ``""``: the backend that the operation prefers.
    slo : str
        The objective: a percentile of latency and its limit, such as ``p95=1s``.
    params : mapping, optional
        Parameters of the operation.
    images : str
        Folder of pictures to send; ``""``: sample photos.
    side_px : int, optional
        Side length to which sample photos are cropped, px.
    workers : int
        Workers of ``atelier serve``; each has one thread.
    duration_s, overload_s : float
        Duration of each load test in the search for a capacity, and of each load test in overload, s.
    factors : sequence of int
        Rates in overload, as multiples of the highest capacity of the three services.
    precision, requests : float, int
        Arguments of `toolkit.studies.load.search.capacity_search`, which searches for the highest rate.
    seed : int
        Seed of the times at which requests are sent.
    on_step : callable
        A function that receives a sentence at the start of each test.

    Raises
    ------
    UnknownName, InvalidValue, Unavailable, Unsupported
    """
    objective = Slo.parse(slo)
    work = Work(
        operation=operation, backend=backend, params=tuple((params or {}).items()), placement=placement_for(1)
    )
    on_step("exporting the model and compiling its kernels, unless an earlier run did so")
    with PictureJob(work):
        pass
    rig = _Rig(
        work=work,
        pictures=pictures_to_send(images or None, side_px=side_px),
        slo=objective,
        workers=workers,
        seed=seed,
        on_step=on_step,
    )
    found = [
        rig.with_capacity(name, duration_s=duration_s, precision=precision, requests=requests)
        for name in (SYNCHRONOUS, QUEUED, OURS)
    ]
    most_per_s = max(one.capacity.held_per_s or 0.0 for one in found) or 1 / found[0].one_s
    return [
        rig.with_overload(one, most_per_s=most_per_s, factors=factors, duration_s=overload_s) for one in found
    ]


@dataclass(frozen=True, kw_only=True)
class _Rig:
    """The inputs that all services of a comparison share: the operation, the pictures and the objective."""

    work: Work
    pictures: list[Picture]
    slo: Slo
    workers: int
    seed: int
    on_step: Callable[[str], None]

    def with_capacity(
        self, name: str, *, duration_s: float, precision: float, requests: int
    ) -> ServiceUnderLoad:
        """Find the highest rate at which a service meets the objective."""
        self.on_step(f"{name}: searching for the highest rate within the objective")
        with self._running(name) as (url, _):
            load = self._load(name, url, answer_s=max(10.0, 4 * self.slo.limit_s))
            one_s = load.probe_s()
            capacity = capacity_search(
                lambda rate, s: load.test(rate_per_s=rate, duration_s=s, seed=self.seed, stop_at=self.slo),
                self.slo,
                first_per_s=1 / one_s,
                duration_s=duration_s,
                precision=precision,
                requests=requests,
            )
        return ServiceUnderLoad(name=name, one_s=one_s, capacity=capacity)

    def with_overload(
        self, service: ServiceUnderLoad, *, most_per_s: float, factors: Sequence[int], duration_s: float
    ) -> ServiceUnderLoad:
        """Test a service at multiples of a rate; add these tests and the service's peak memory to its results."""
        tests: dict[int, LoadTest] = {}
        peaks = []
        for factor in factors:
            self.on_step(f"{service.name}: {factor} x {most_per_s:.3g} requests a second")
            with self._running(service.name) as (url, pid):
                load = self._load(service.name, url, answer_s=duration_s)
                load.probe_s()
                with TreeSampler([pid], interval_s=_SAMPLE_S) as sampler:
                    tests[factor] = load.test(
                        rate_per_s=factor * most_per_s, duration_s=duration_s, seed=self.seed
                    )
                    sampler.finish()
                peaks.append(sampler.peak.pss_peak_bytes)
        known = [peak for peak in peaks if peak is not None]
        return replace(service, overload=tests, memory_bytes=max(known) if known else None)

    def _running(self, name: str) -> AbstractContextManager[tuple[str, int]]:
        # A job may wait in the queue of ``atelier serve`` as long as the objective allows.
        options = ("--max-wait", f"{self.slo.limit_s:g}")
        return running(name, self.work, workers=self.workers, options=options)

    def _load(self, name: str, url: str, *, answer_s: float) -> Load:
        return Load(_adapter(name, url, self.work), url=url, pictures=self.pictures, answer_s=answer_s)


@contextmanager
def running(name: str, work: Work, *, workers: int, options: Sequence[str] = ()) -> Iterator[tuple[str, int]]:
    """Start a service in separate processes; yields its address and process id, and ends the service on exit.

    Parameters
    ----------
    name : str
        Name of the service: `SYNCHRONOUS`, `QUEUED` or `OURS`.
    work : Work
        The operation that the service runs, with its settings.
    workers : int
        Number of workers of ``atelier serve``, if `name` is `OURS`.
    options : sequence of str
        Further options of the command ``atelier serve``, if `name` is `OURS`.

    Raises
    ------
    Unavailable
        The service does not start.
    """
    with tempfile.TemporaryDirectory(prefix="atelier-service-") as folder:
        if name == OURS:
            usual = ("--port", "0", "--data", folder, "--workers", str(workers), "--queue", "20")
            command = module_command("toolkit", "serve", work.operation, *usual, *options)
        else:
            command = module_command(f"{__package__}.published", _KINDS[name], json.dumps(work.to_dict()))
        log = Path(folder) / "service.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=file, env=module_environment(), text=True
            )
        try:
            yield _address(process, log), process.pid
        finally:
            process.terminate()
            try:
                process.wait(timeout=2)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            assert process.stdout is not None
            process.stdout.close()


def _address(process: subprocess.Popen[str], log: Path) -> str:
    assert process.stdout is not None
    for word in process.stdout.readline().split():
        if word.startswith("http://"):
            return word
    process.wait()
    said = log.read_text(errors="replace").strip().splitlines()
    raise Unavailable(f"the service did not start: {said[-1] if said else 'the service printed nothing.'}")


def _adapter(name: str, url: str, work: Work) -> Service:
    if name == OURS:
        return JobsService(url, operation=work.operation, params=dict(work.params), backend=work.backend)
    return PlainService(url, field="image")
