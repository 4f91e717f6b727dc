"""Compare three services under the same load: two published services and ``atelier serve``, one after the other."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from toolkit.contracts.load_test import LoadTest, Slo
from toolkit.contracts.placed import placement_for
from toolkit.core.child_process import module_command, module_environment
from toolkit.core.errors import Unavailable
from toolkit.core.params import Value
from toolkit.machine.memory import TreeSampler
from toolkit.results.tables.load_capacities import ServiceUnderLoad
from toolkit.studies.load.adapters import JobsService, PlainService, Service
from toolkit.studies.load.pictures import pictures_to_send
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
        ``""``: the backend that the operation prefers.
    slo : str
        Such as ``p95=1s``.
    params : mapping, optional
    images : str
        Folder of pictures to send; ``""``: sample photos.
    side_px : int, optional
        Sample photos are cropped to this side.
    workers : int
        Workers of ``atelier serve``; each has one thread.
    duration_s, overload_s : float
        Duration of each test of a search, and of each test in overload, s.
    factors : sequence of int
        Rates in overload, as multiples of the highest capacity of the three services.
    precision, requests : float, int
        See `toolkit.studies.load.search.capacity_search`.
    seed : int
    on_step : callable
        Receives a sentence at the start of each test.

    Raises
    ------
    UnknownName, InvalidValue, Unavailable, Unsupported
    """
    asked = Slo.parse(slo)
    options = ("--max-wait", f"{asked.limit_s:g}")  # the queue may be as long as the objective allows
    work = Work(
        operation=operation, backend=backend, params=tuple((params or {}).items()), placement=placement_for(1)
    )
    on_step("the model is exported and its kernels compiled, where they are not yet")
    with PictureJob(work):
        pass
    pictures = pictures_to_send(images or None, side_px=side_px)

    def loaded(name: str, url: str, *, answer_s: float) -> Load:
        return Load(_adapter(name, url, work), url=url, pictures=pictures, answer_s=answer_s)

    found = []
    for name in (SYNCHRONOUS, QUEUED, OURS):
        on_step(f"{name}: capacity")
        with running(name, work, workers=workers, options=options) as (url, _):
            load = loaded(name, url, answer_s=max(10.0, 4 * asked.limit_s))
            one_s = load.probe_s()
            capacity = capacity_search(
                lambda rate, s, load=load: load.test(rate_per_s=rate, duration_s=s, seed=seed, stop_at=asked),
                asked,
                first_per_s=1 / one_s,
                duration_s=duration_s,
                precision=precision,
                requests=requests,
            )
        found.append(ServiceUnderLoad(name=name, one_s=one_s, capacity=capacity))
    most = max(one.capacity.held_per_s or 0.0 for one in found) or 1 / found[0].one_s
    done = []
    for one in found:
        tests: dict[int, LoadTest] = {}
        peaks = []
        for factor in factors:
            on_step(f"{one.name}: {factor} x {most:.3g} requests a second")
            with running(one.name, work, workers=workers, options=options) as (url, pid):
                load = loaded(one.name, url, answer_s=overload_s)
                load.probe_s()
                with TreeSampler([pid], interval_s=_SAMPLE_S) as sampler:
                    tests[factor] = load.test(rate_per_s=factor * most, duration_s=overload_s, seed=seed)
                    sampler.finish()
                peaks.append(sampler.peak.pss_peak_bytes)
        known = [peak for peak in peaks if peak is not None]
        memory_bytes = max(known) if known else None
        done.append(
            ServiceUnderLoad(
                name=one.name,
                one_s=one.one_s,
                capacity=one.capacity,
                overload=tests,
                memory_bytes=memory_bytes,
            )
        )
    return done


@contextmanager
def running(name: str, work: Work, *, workers: int, options: Sequence[str] = ()) -> Iterator[tuple[str, int]]:
    """Start a service in separate processes; yields its address and process id, and ends the service on exit.

    Parameters
    ----------
    name : str
        `SYNCHRONOUS`, `QUEUED` or `OURS`.
    work : Work
    workers : int
        Workers of `OURS`.
    options : sequence of str
        Further options of `OURS`.

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
    raise Unavailable(f"the service did not start: {said[-1] if said else 'it said nothing.'}")


def _adapter(name: str, url: str, work: Work) -> Service:
    if name == OURS:
        return JobsService(url, operation=work.operation, params=dict(work.params), backend=work.backend)
    return PlainService(url, field="image")
