"""Pruning drops raw samples of old measurements and changes no figure that tables show."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.results.factory import later, make_measurement
from toolkit.results.rows.summarising import summarise
from toolkit.results.store.pruning import prune, without_samples
from toolkit.results.store.store import Store
from toolkit.results.store.store_file import StoreFile
from toolkit.results.tables.percentiles import percentile_table

NOW = datetime(2026, 11, 29, tzinfo=UTC)


@pytest.mark.parametrize("workers", [1, 2])
def test_tables_show_the_same_figures(workers):
    m = make_measurement(workers=workers)
    (before,), (after,) = summarise([m]), summarise([without_samples(m)])
    for name in ("latency", "throughput"):
        a, b = getattr(before, name), getattr(after, name)
        assert (b.value, b.low, b.high) == pytest.approx((a.value, a.low, a.high))
        assert b.n_samples == a.n_samples
    assert after.measurement.samples_s == [[]] * (3 * workers)
    assert "n/a" not in str(after.latency.value)
    percentile_table([without_samples(m)])


def test_the_rule_keeps_the_newest_of_each_trial_and_what_is_young(store):
    old = make_measurement()
    store.add_all([old, later(old, days=-200), make_measurement("oil_painting")])
    store.add(later(old, days=8))
    done = prune(StoreFile(store.path), older_than_s=30 * 86400, now=datetime(2026, 11, 29, tzinfo=UTC))
    assert done.n_measurements == 1 and done.n_samples == 18
    kept = [any(m.samples_s) for m in Store(store.path).all()]
    assert kept == [True, False, True, True]
    again = prune(StoreFile(store.path), older_than_s=30 * 86400, now=NOW)
    assert again.n_measurements == 0
