"""A load test follows its schedule, whatever the service does, and says when its sender was the bottleneck."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

pytest.importorskip("aiohttp")

from benchmarks import load as bench
from benchmarks.sleeping_server import sleeping_server
from toolkit.contracts.load_test import Ended, Slo
from toolkit.core.errors import InvalidValue, Unavailable
from toolkit.results.rows.load_test import load_row
from toolkit.studies.load.adapters import PlainService, checked_url
from toolkit.studies.load.pictures import pictures_to_send
from toolkit.studies.load.run import Load


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, int]]:
    with sleeping_server(servers=bench.SERVERS, service_ms=1e3 * bench.SERVICE_S) as (url, process):
        yield url, process.pid


@pytest.fixture(scope="module")
def load(server: tuple[str, int]) -> Load:
    load = bench.load_of(server[0])
    load.probe_s()
    return load


def test_latencies_are_those_of_the_simulated_queue(load: Load) -> None:
    """A short form of `make bench-load`, whose limit is 10 %."""
    for _, found, expected in bench.against_the_queue(load, share=0.6, duration_s=4):
        assert found == pytest.approx(expected, rel=0.4)


def test_a_stop_of_the_server_shows_in_latency_and_not_in_service_time(
    load: Load, server: tuple[str, int]
) -> None:
    row = load_row(bench.stopped(load, server[1], stop_s=2.0, duration_s=8))
    assert row.n_failed == 0
    assert row.latency[0.95].value > 0.5  # a quarter of the requests were due while nothing was answered
    assert row.service[0.95].value < 0.5


def test_a_starved_sender_is_invalid() -> None:
    test = bench.starved(duration_s=0.2)
    assert not test.is_valid and "sender" in test.bottleneck


def test_refusals_are_counted_apart() -> None:
    with sleeping_server(servers=1, service_ms=200, queue=1) as (url, _):
        row = load_row(bench.load_of(url).test(rate_per_s=30, duration_s=1.5, arrivals="constant"))
    assert row.n_refused > row.n_ok > 0 and row.n_failed == 0
    assert row.n_ok + row.n_refused == row.n_sent == 45
    assert row.latency[0.5].value < 0.6  # a queue of one bounds the latency of what was accepted


def test_a_service_that_dies_makes_its_requests_infinitely_late() -> None:
    with sleeping_server(servers=1, service_ms=400) as (url, process):
        load = bench.load_of(url)
        load.probe_s()
        process.kill()
        process.wait()
        test = load.test(rate_per_s=20, duration_s=0.5, arrivals="constant")
    row = load_row(test)
    assert (row.n_ok, row.n_failed) == (0, 10)
    assert set(test.ended_s) == {math.inf}
    assert Ended.OK not in test.ended and sum(row.failures.values()) == 10


def test_a_test_stops_early_once_its_objective_is_lost() -> None:
    with sleeping_server(servers=1, service_ms=20) as (url, _):
        test = bench.load_of(url).test(
            rate_per_s=150, duration_s=20, arrivals="constant", stop_at=Slo(0.95, 0.15)
        )
    assert 100 < len(test.ended) < 2000


def test_no_service_is_said_before_anything_is_sent() -> None:
    url = "http://127.0.0.1:9/"  # the port of a protocol that throws everything away
    load = Load(PlainService(url, field="image"), url=url, pictures=pictures_to_send())
    with pytest.raises(Unavailable, match="answer"):
        load.probe_s()


def test_an_address_must_be_one() -> None:
    for wrong in ("ftp://host/", "http://", "http://me:secret@host/"):
        with pytest.raises(InvalidValue, match="address"):
            checked_url(wrong)
