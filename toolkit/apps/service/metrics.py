"""The metrics of a service, named by the conventions of Prometheus; no label holds the id of a job."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
from prometheus_client import CollectorRegistry, Counter, Histogram, Info, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from toolkit import __version__
from toolkit.apps.service.engine import Engine
from toolkit.jobs.job import State
from toolkit.jobs.job_news import Change

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_STAGES = ("decode", "run", "encode")


class Metrics:
    """The Prometheus metrics of an engine (the queue and the workers of a service).

    Parameters
    ----------
    engine : Engine
        The engine whose queue and workers the metrics describe.
    """

    def __init__(self, engine: Engine) -> None:
        self.registry = CollectorRegistry()
        make = {"registry": self.registry}
        times = {**make, "buckets": _SECONDS}
        self._submitted = Counter(
            "atelier_jobs_submitted", "Requests that submit a job, by outcome.", ["outcome"], **make
        )
        self._finished = Counter(
            "atelier_jobs_finished", "Number of jobs that have ended, by state.", ["state"], **make
        )
        self._wait = Histogram("atelier_job_wait_seconds", "Time that a job spent in the queue.", **times)
        self._stage = Histogram(
            "atelier_stage_seconds", "Time that a job spent in one stage of its work.", ["stage"], **times
        )
        self._job = Histogram("atelier_job_seconds", "Time for which a job occupied a worker.", **times)
        labels = ["route", "code"]
        self._http = Histogram(
            "atelier_http_seconds", "Time from a request until its response begins.", labels, **times
        )
        Info("atelier_build", "Version of Atelier.", **make).info({"version": __version__})
        self.registry.register(_Looked(engine))
        engine.listeners.append(self.note)

    def note(self, change: Change) -> None:
        """Count a change of a job's state; any thread may call this method."""
        if change.state is State.RUNNING:
            self._wait.observe(change.wait_s)
        if change.state in (State.DONE, State.FAILED, State.CANCELLED, State.EXPIRED):
            self._finished.labels(state=str(change.state)).inc()
        if change.ended is not None and not change.ended.is_cached:
            if change.ended.seconds is not None:
                self._job.observe(change.ended.seconds)
            for stage in _STAGES:
                if stage in change.ended.stages_s:
                    self._stage.labels(stage=stage).observe(change.ended.stages_s[stage])

    def note_submission(self, outcome: str) -> None:
        """Count a request for a job by outcome: ``accepted``, ``cached``, or why the request was refused."""
        self._submitted.labels(outcome=outcome).inc()

    def note_http(self, route: str, code: int, seconds: float) -> None:
        """Record the route and the status of a response, and the time until the response began."""
        self._http.labels(route=route, code=str(code)).observe(seconds)

    def text(self) -> bytes:
        """All metrics as the text that Prometheus reads."""
        return generate_latest(self.registry)


class _Looked(Collector):
    """Metrics of the queue and the workers, which are read at each request of Prometheus."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        engine = self._engine
        load = engine.queue.load()
        jobs = GaugeMetricFamily(
            "atelier_queue_jobs", "Number of jobs that have not ended, by state.", labels=["state"]
        )
        jobs.add_metric(["queued"], load["waiting"])
        jobs.add_metric(["running"], load["running"])
        yield jobs
        oldest = "Time for which the oldest waiting job has waited."
        yield GaugeMetricFamily("atelier_queue_oldest_seconds", oldest, value=load["oldest_s"])
        estimated = "Estimated time until a new job would start; the metric for automatic scaling."
        yield GaugeMetricFamily("atelier_queue_estimated_seconds", estimated, value=load["estimated_s"])
        yield from self._workers(int(load["running"]))
        yield from self._cache()

    def _workers(self, n_running: int) -> Iterator[Metric]:
        engine = self._engine
        ready, wanted = engine.queue.workers, engine.dispatcher.workers
        busy = min(n_running, ready)
        workers = GaugeMetricFamily("atelier_workers", "Number of workers in each state.", labels=["state"])
        for state, count in {"busy": busy, "idle": ready - busy, "starting": max(0, wanted - ready)}.items():
            workers.add_metric([state], count)
        yield workers
        ends = CounterMetricFamily(
            "atelier_worker_ends",
            "Number of workers that died while they ran a job, by cause.",
            labels=["cause"],
        )
        for cause, count in engine.dispatcher.deaths.items():
            ends.add_metric([cause], count)
        yield ends
        changes = CounterMetricFamily(
            "atelier_pool_changes",
            "Number of workers that were added or removed, by reason.",
            labels=["reason"],
        )
        for reason, count in engine.pool_size.changes.items():
            changes.add_metric([reason], count)
        yield changes
        memory = "Resident memory of all workers on this machine."
        yield GaugeMetricFamily(
            "atelier_worker_memory_bytes", memory, value=_resident_bytes(engine.pool.pids)
        )

    def _cache(self) -> Iterator[Metric]:
        cache = self._engine.queue.cache
        for name, count in vars(cache.counts).items():
            yield CounterMetricFamily(
                f"atelier_cache_{name}", f"Number of events of the result cache: {name}.", value=count
            )
        yield GaugeMetricFamily(
            "atelier_cache_bytes", "Size of the result cache, bytes.", value=cache.n_bytes
        )


def _resident_bytes(pids: list[int]) -> int:
    total = 0
    for pid in pids:
        try:
            total += psutil.Process(pid).memory_info().rss
        except psutil.Error:
            continue
    return total
