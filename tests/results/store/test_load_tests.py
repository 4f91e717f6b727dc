"""Load tests are kept with every request, beside measurements that an older version wrote."""

from __future__ import annotations

import math
import sqlite3
from dataclasses import replace
from pathlib import Path

from toolkit.results.rows.load_test import example_test
from toolkit.results.store.store import Store


def test_a_load_test_comes_back_as_it_was(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite")
    test = replace(example_test(), fingerprint={"cpu": {"model": "x"}}, search="one", slo="p95=0.5s")
    store.load_tests.add(test)
    store.load_tests.add(replace(test, target="http://other/"))
    (found,) = Store(tmp_path / "store.sqlite").load_tests.all(target=test.target)
    assert replace(found, run_s=()) == replace(test, run_s=())
    assert len(store.load_tests.all()) == 2 and all(map(math.isnan, found.run_s))


def test_a_store_without_the_table_opens_and_takes_one(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    Store(path).load_tests.add(example_test())
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE load_tests")
    db.close()
    store = Store(path)
    assert store.load_tests.all() == []
    store.load_tests.add(example_test())
    assert len(store.load_tests.all()) == 1
