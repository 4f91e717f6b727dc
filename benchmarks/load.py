"""Is the load tool right? It is compared with a queue whose latencies are known, and with MLCommons' load generator.

``make bench-load`` prints, for a service of two servers of 100 ms: the p50 and p95 at 50, 70 and 80 % load beside those
of the simulated queue; the capacity that is found beside that of the simulated queue; what a stop of the server for 6 s
does to latency and to service time; what a starved sender says; and the latencies of mlcommons-loadgen beside ours.
``--short`` takes half a minute. The exit code is 1 if a line misses its limit.
"""

from __future__ import annotations

import argparse
import math
import os
import signal
import sys
import threading
import time

import numpy as np

from benchmarks.sleeping_server import sleeping_server
from toolkit.analysis.queueing import simulated_latencies
from toolkit.contracts.load_test import Ended, LoadTest, Slo
from toolkit.results.rows.load_test import latencies_s, load_row
from toolkit.studies.load.adapters import PlainService
from toolkit.studies.load.pictures import pictures_to_send
from toolkit.studies.load.run import Load
from toolkit.studies.load.search import capacity_search

SERVERS, SERVICE_S = 2, 0.1
FULL_PER_S = SERVERS / SERVICE_S


def load_of(url: str) -> Load:
    return Load(PlainService(url, field="image"), url=url, pictures=pictures_to_send())


def against_the_queue(load: Load, *, share: float, duration_s: float) -> list[tuple[str, float, float]]:
    """For the p50 and the p95: what was measured, and what the simulated queue says of the same schedule, s."""
    test = load.test(rate_per_s=share * FULL_PER_S, duration_s=duration_s)
    expected = simulated_latencies(test.scheduled_s, service_s=SERVICE_S, servers=SERVERS)
    found = latencies_s(test)
    return [(f"p{q}", float(np.percentile(found, q)), float(np.percentile(expected, q))) for q in (50, 95)]


def simulated_test(rate_per_s: float, duration_s: float) -> LoadTest:
    """The load test of a service that is the simulated queue itself."""
    from toolkit.studies.load.schedule import schedule

    due = schedule(rate_per_s=rate_per_s, duration_s=duration_s).tolist()
    took = simulated_latencies(due, service_s=SERVICE_S, servers=SERVERS)
    return LoadTest(
        target="simulated", service="M/D/2", arrivals="poisson", rate_per_s=rate_per_s, duration_s=duration_s,
        seed=0, began="", picture_bytes=0.0, scheduled_s=tuple(due), sent_s=tuple(due),
        ended_s=tuple(d + t for d, t in zip(due, took, strict=True)), ended=(Ended.OK,) * len(due),
        run_s=(SERVICE_S,) * len(due),
    )  # fmt: skip


def capacities(load: Load, slo: Slo, *, duration_s: float, requests: int) -> tuple[float, float]:
    """The capacity that is found over the network, and in the simulated queue, 1/s."""
    first = FULL_PER_S / 2
    measured = capacity_search(
        lambda rate, s: load.test(rate_per_s=rate, duration_s=s, stop_at=slo),
        slo,
        first_per_s=first,
        duration_s=duration_s,
        requests=requests,
    )
    simulated = capacity_search(
        simulated_test, slo, first_per_s=first, duration_s=duration_s, requests=requests
    )
    return measured.held_per_s or math.nan, simulated.held_per_s or math.nan


def stopped(load: Load, pid: int, *, stop_s: float, duration_s: float) -> LoadTest:
    """A test at half load during which the server is stopped once."""

    def stop() -> None:
        time.sleep(duration_s / 3)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(stop_s)
        os.kill(pid, signal.SIGCONT)

    thread = threading.Thread(target=stop)
    thread.start()
    test = load.test(rate_per_s=0.3 * FULL_PER_S, duration_s=duration_s)
    thread.join()
    return test


def starved(*, duration_s: float) -> LoadTest:
    """A test at a rate that no single thread can send, of a service that answers at once."""
    with sleeping_server(servers=100_000, service_ms=1) as (url, _):
        return load_of(url).test(rate_per_s=20_000.0, duration_s=duration_s, arrivals="constant")


def of_mlcommons(url: str, *, rate_per_s: float, count: int) -> list[float]:
    """Latencies of mlcommons-loadgen's server scenario (Poisson arrivals) against the service, s."""
    import http.client
    from concurrent.futures import ThreadPoolExecutor
    from tempfile import TemporaryDirectory
    from urllib.parse import urlsplit

    import mlperf_loadgen as mlperf

    host = urlsplit(url).netloc
    found: list[float] = []
    local = threading.local()

    def ask(sample: object) -> None:
        if not hasattr(local, "connection"):
            local.connection = http.client.HTTPConnection(host)
        began = time.perf_counter()
        local.connection.request("POST", "/", body=b"picture")
        local.connection.getresponse().read()
        found.append(time.perf_counter() - began)
        mlperf.QuerySamplesComplete([mlperf.QuerySampleResponse(sample.id, 0, 0)])

    with ThreadPoolExecutor(64) as threads, TemporaryDirectory() as folder:
        settings = mlperf.TestSettings()
        settings.scenario, settings.mode = mlperf.TestScenario.Server, mlperf.TestMode.PerformanceOnly
        settings.server_target_qps, settings.min_query_count = rate_per_s, count
        settings.max_query_count, settings.min_duration_ms = count, 0
        output = mlperf.LogSettings()
        logs = mlperf.LogOutputSettings()
        logs.outdir, logs.copy_summary_to_stdout = folder, False
        output.log_output, output.enable_trace = logs, False
        system = mlperf.ConstructSUT(
            lambda samples: [threads.submit(ask, s) for s in samples] and None, lambda: None
        )
        library = mlperf.ConstructQSL(64, 64, lambda samples: None, lambda samples: None)
        mlperf.StartTestWithLogSettings(system, library, settings, output)
        mlperf.DestroyQSL(library)
        mlperf.DestroySUT(system)
    return found


def _line(name: str, found: float, expected: float, limit: float, unit: str = "ms") -> bool:
    scale = 1e3 if unit == "ms" else 1.0
    ratio = found / expected
    is_right = abs(ratio - 1) <= limit
    said = "" if is_right else f"  MISSED (allowed {100 * limit:.0f} %)"
    print(f"{name:44} {scale * found:8.1f} {unit}, expected {scale * expected:8.1f}, ratio {ratio:.3f}{said}")
    return is_right


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true")
    short = parser.parse_args().short
    right = []
    with sleeping_server(servers=SERVERS, service_ms=1e3 * SERVICE_S) as (url, process):
        load = load_of(url)
        load.probe_s()
        for share in (0.5,) if short else (0.5, 0.7, 0.8):
            for name, found, expected in against_the_queue(load, share=share, duration_s=6 if short else 60):
                right.append(_line(f"{100 * share:.0f} % load: {name}", found, expected, 0.10))
        found, expected = capacities(
            load, Slo(0.95, 3 * SERVICE_S), duration_s=2 if short else 30, requests=40 if short else 150
        )
        right.append(_line("capacity, p95 <= 300 ms", found, expected, 0.05, unit="/s"))
        test = stopped(load, process.pid, stop_s=2 if short else 6, duration_s=6 if short else 60)
        row = load_row(test)
        print(f"server stopped: latency p95 {1e3 * row.latency[0.95].value:.0f} ms, service p95 "
              f"{1e3 * row.service[0.95].value:.0f} ms")  # fmt: skip
        right.append(row.latency[0.95].value > 10 * row.service[0.95].value)
    test = starved(duration_s=0.5)
    print(f"starved sender: {test.bottleneck or 'VALID, which is wrong'}")
    right.append(not test.is_valid)
    with sleeping_server(servers=64, service_ms=200) as (url, _):
        load, rate, count = load_of(url), 20.0, 60 if short else 600
        load.probe_s()
        ours = latencies_s(load.test(rate_per_s=rate, duration_s=count / rate))
        theirs = of_mlcommons(url, rate_per_s=rate, count=count)
        for q in (50, 90):
            found, expected = float(np.percentile(ours, q)), float(np.percentile(theirs, q))
            right.append(_line(f"beside mlcommons-loadgen: p{q}", found, expected, 0.05))
    return 0 if all(right) else 1


if __name__ == "__main__":
    sys.exit(main())
