"""``tk.results`` gives the newest stored rows as numbers, also after the package of the same name was imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import toolkit as tk
from tests.results.factory import make_measurement


def test_results_are_a_frame_of_the_newest_rows(tmp_path: Path) -> None:
    store = tk.Store(tmp_path / "store.sqlite")
    for backend, latency_s in (("opencv", 0.3), ("opencv", 0.2), ("numba", 0.1)):
        store.add(make_measurement(backend=backend, latency_s=latency_s))
    found = tk.results("stylization", backend="opencv", store=store)
    assert list(found.status) == ["ok"] and 0.19 < found.latency_s[0] < 0.21
    assert len(tk.results(store=store)) == 2
    assert tk.results(backend="torch", store=store).empty


def test_the_first_use_finds_the_function() -> None:
    code = "import toolkit as tk; assert callable(tk.results); import toolkit.results.rows; assert callable(tk.results)"
    subprocess.run([sys.executable, "-c", code], check=True)
