"""The table for programs: one row a measurement, also as CSV."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.results.factory import make_measurement, too_large
from toolkit.results.rows.frame import export_csv
from toolkit.results.store.store import Store


def test_csv_export_has_a_row_for_each_latest_measurement(tmp_path):
    store = Store(tmp_path / "store.sqlite")
    store.add(make_measurement(latency_s=2.0))
    store.add(make_measurement(latency_s=1.0))
    store.add(too_large())
    table = pd.read_csv(export_csv(store.latest(), tmp_path / "out.csv"))
    assert list(table["status"]) == ["ok", "failed"]
    assert table["latency_s"][0] == pytest.approx(1.0, rel=0.05)
    assert table["environment"].nunique() == 1
