"""The history of a store: series, their changes, and what changed with them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.results.factory import OTHER_MACHINE, make_measurement
from tests.results.history.nights import nights
from toolkit.core.errors import InvalidValue
from toolkit.results.history.alerts import alerts, listed
from toolkit.results.history.judged import histories
from toolkit.results.store.store import Store

SLOWER = [1.0] * 20 + [1.12] * 8


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.sqlite")


def _with(machine: str, **parts: object):
    return {"fingerprint": lambda row: {**row.fingerprint, machine: {**row.fingerprint[machine], **parts}}}


def test_a_change_is_dated_and_its_cause_named(store: Store) -> None:
    nights(store, SLOWER, changes={20: _with("runtimes", numpy="2.5.0")})
    (history,) = histories(store)
    (change,) = history.changes
    assert change.date.startswith("2025-11-21T03:00")
    assert history.series.n_runs == history.n_timed == 28
    (alert,) = alerts([history])
    assert any("numpy 2.4.6 to 2.5.0" in cause for cause in alert.change.causes)
    assert "no verdict" in str(alert) and "slower" in alert.headline
    assert json.loads(json.dumps(alert.to_dict()))["ratio"] == pytest.approx(1.12, abs=0.02)


@pytest.mark.parametrize(
    ("attributes", "cause"),
    [
        (_with("system", kernel="6.9.9"), "kernel"),
        ({"fingerprint": lambda row: {**row.fingerprint, "gpu": [{"name": "A", "driver": "550"}]}}, "driver"),
        ({"provenance": lambda row: {**row.provenance, "commit": "f" * 40}}, "commit"),
        (
            {"trial": lambda row: replace(row.trial, plugins=(("mine.py", "ab" * 32),))},
            "mine.py",
        ),
        (_with("cpu", governor="powersave"), "governor"),
        ({"environment_id": "other"}, "weights"),
    ],
)
def test_every_part_of_an_environment_can_be_the_cause(
    store: Store, attributes: dict[str, object], cause: str
) -> None:
    if cause == "driver":
        m = make_measurement("oil_painting", megapixels=0.5)
        m = replace(m, fingerprint={**m.fingerprint, "gpu": [{"name": "A", "driver": "535"}]})
        nights(store, SLOWER, measurement=m)
        store = Store(store.path.with_name("other.sqlite"))

        def with_driver(version: str) -> dict[str, Any]:
            return {"fingerprint": lambda row: {**row.fingerprint, "gpu": [{"name": "A", "driver": version}]}}

        nights(store, SLOWER, changes={0: with_driver("535"), 20: with_driver("550")})
    else:
        nights(store, SLOWER, changes={20: attributes})
    (history,) = histories(store)
    (alert,) = alerts([history])
    assert any(cause in text for text in alert.change.causes), alert.change.causes


def test_a_change_without_a_known_cause_says_so(store: Store) -> None:
    nights(store, SLOWER)
    found = histories(store)
    assert "nothing that Atelier records" in str(alerts(found)[0])
    assert "<li>" in listed(found, most=5)._repr_html_()


def test_a_quiet_series_has_no_alert(store: Store) -> None:
    nights(store, [1.0] * 30)
    found = histories(store)
    assert [history.changes for history in found] == [[]]
    assert "No change" in str(listed(found, most=5))


def test_a_series_ignores_sources_and_plugins_and_two_machines_are_two_series(store: Store) -> None:
    plugin = {"trial": lambda row: replace(row.trial, plugins=(("mine.py", "ab" * 32),))}
    nights(store, [1.0] * 12, changes={6: plugin})
    other = replace(make_measurement("oil_painting", megapixels=0.5), fingerprint=OTHER_MACHINE)
    store.add(other)
    found = histories(store)
    assert sorted(history.series.n_runs for history in found) == [1, 12]
    assert len(histories(store, "another cpu")) == 1
    with pytest.raises(InvalidValue, match="FILTER"):
        histories(store, "stylization")


def test_new_runs_are_judged_once_and_the_answer_is_the_same(store: Store) -> None:
    nights(store, SLOWER[:22])
    assert histories(store)[0].changes == []
    nights(store, SLOWER[22:], first=22)
    step_by_step = histories(store)[0].changes
    with closing(sqlite3.connect(store.path)) as db, db:
        db.execute("UPDATE series SET judged = NULL")
    assert histories(store)[0].changes == step_by_step
    assert len(step_by_step) == 1


def test_a_forgotten_run_is_judged_no_more(store: Store) -> None:
    nights(store, SLOWER)
    assert histories(store)[0].changes
    store.forget(key=None, operation="oil_painting", backend=None, status=None)
    assert histories(store) == []


def test_a_store_from_before_the_history_has_one(store: Store) -> None:
    nights(store, SLOWER)
    with closing(sqlite3.connect(store.path)) as db, db:
        db.execute("DROP TABLE points")
        db.execute("DROP TABLE series")
    (history,) = histories(Store(store.path))
    assert history.series.n_runs == 28 and len(history.changes) == 1


def test_a_run_that_an_older_atelier_added_later_is_a_run_too(store: Store) -> None:
    nights(store, SLOWER)
    with closing(sqlite3.connect(store.path)) as db, db:
        db.execute("DELETE FROM points WHERE measurement = 20")
    (history,) = histories(Store(store.path))
    assert history.series.n_runs == 28


def test_failed_runs_are_counted_and_not_judged(store: Store) -> None:
    failed = {"status": "failed", "cause": "disagreed"}
    nights(store, [1.0] * 12, changes={11: failed})
    (history,) = histories(store)
    assert (history.series.n_runs, history.n_timed, history.shown_s[-1]) == (12, 11, None)
