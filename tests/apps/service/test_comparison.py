"""The three services answer the same picture alike, and their comparison is a table, a screen and plots."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("aiohttp")

from toolkit.apps.service.comparison import OURS, QUEUED, SYNCHRONOUS, running
from toolkit.apps.service.comparison_screen import service_screen
from toolkit.apps.service.published import PLACES
from toolkit.contracts.backend import Placement
from toolkit.contracts.load_test import Slo
from toolkit.core.errors import Unavailable, UnknownName
from toolkit.results import tables
from toolkit.results.rows.load_capacity import capacity_of
from toolkit.results.rows.load_test import example_test, load_row
from toolkit.results.tables.load_capacities import ServiceUnderLoad
from toolkit.studies.load.adapters import JobsService, PlainService
from toolkit.studies.load.pictures import pictures_to_send
from toolkit.studies.load.run import Load
from toolkit.workers.executor import Work

WORK = Work(operation="oil_painting", backend="opencv", placement=Placement(threads=1))
"""A quarter of a second for a photo of 0.2 MP."""


def loaded(url: str) -> Load:
    return Load(PlainService(url, field="image"), url=url, pictures=pictures_to_send())


def test_the_queued_service_holds_six_pictures_and_refuses_the_others() -> None:
    with running(QUEUED, WORK, workers=1) as (url, _):
        load = loaded(url)
        load.probe_s()
        test = load.test(rate_per_s=60, duration_s=0.5, arrivals="constant")
    row = load_row(test)
    assert row.n_failed == 0 and row.is_said
    assert PLACES <= row.n_ok < row.n_sent and row.n_refused == row.n_sent - row.n_ok


def test_the_synchronous_service_refuses_nobody() -> None:
    with running(SYNCHRONOUS, WORK, workers=1) as (url, _):
        load = loaded(url)
        load.probe_s()
        row = load_row(load.test(rate_per_s=30, duration_s=0.3, arrivals="constant"))
    assert (row.n_ok, row.n_refused) == (row.n_sent, 0)


def test_a_service_that_cannot_start_says_why() -> None:
    with (
        pytest.raises(Unavailable, match="start"),
        running(QUEUED, replace(WORK, operation="oil"), workers=1) as (url, _),
    ):
        loaded(url).probe_s()


def test_our_service_is_asked_for_a_job_its_state_and_its_result() -> None:
    with running(OURS, WORK, workers=1) as (url, _):
        load = Load(JobsService(url, backend="opencv"), url=url, pictures=pictures_to_send())
        load.probe_s()
        row = load_row(load.test(rate_per_s=8, duration_s=1, arrivals="constant"))
        assert (row.n_ok, row.test.n_cached) == (row.n_sent, 0)
        assert row.test.service == "jobs of oil_painting"
        with pytest.raises(UnknownName, match="oil_painting"):
            Load(JobsService(url, operation="oil"), url=url, pictures=pictures_to_send()).probe_s()


def test_our_service_runs_its_jobs_on_celery_workers(celery_broker: str) -> None:
    options = ("--executor", "celery", "--broker", celery_broker)
    with running(OURS, WORK, workers=2, options=options) as (url, _):
        load = Load(JobsService(url, backend="opencv"), url=url, pictures=pictures_to_send())
        load.probe_s()
        row = load_row(load.test(rate_per_s=4, duration_s=1.5, arrivals="constant"))
    assert (row.n_ok, row.failures) == (row.n_sent, {})


def under_load(name: str, rate: float) -> ServiceUnderLoad:
    test = replace(example_test(), rate_per_s=rate)
    capacity = capacity_of([test], Slo(0.5, 10.0))
    return ServiceUnderLoad(name=name, one_s=0.1, capacity=capacity, overload={4: test}, memory_bytes=10**8)


def test_the_screen_names_capacity_memory_and_overload_of_each() -> None:
    services = [under_load(name, rate) for name, rate in ((SYNCHRONOUS, 1.0), (QUEUED, 2.0), (OURS, 5.0))]
    screen = service_screen(services, operation="oil_painting")
    assert "at least 5.00" in str(screen) and "4 times" in str(screen)
    assert [card.title for card in screen.cards] == [
        "Published, synchronous",
        "Published, queued",
        "Atelier serve",
    ]
    assert all("25 % failed" in card.sure and "25 % refused" in card.sure for card in screen.cards)
    assert "100 MB" in screen.html() and not screen.cards[0].is_sure
    table = tables.service_table(services)
    assert table.frame["held_per_s"].tolist() == [1.0, 2.0, 5.0] and "*≥ 5.00" in str(table)
