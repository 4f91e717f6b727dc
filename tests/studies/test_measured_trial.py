"""``tk.measure`` prints one line and believes the store."""

from __future__ import annotations

from pathlib import Path

import pytest

import toolkit as tk
from tests.results.factory import make_measurement
from toolkit.studies.measured_trial import MeasuredTrial

TRIAL = "oil_painting@opencv:input=48x36,images=coffee"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> tk.Store:
    return tk.Store(tmp_path_factory.mktemp("measured") / "store.sqlite")


def test_it_is_one_line_with_numbers_and_is_measured_once(store: tk.Store) -> None:
    answer = tk.measure(TRIAL, store=store)
    line = repr(answer)
    assert line.startswith("oil_painting@opencv") and "1 thread" in line and "MP: " in line
    assert "right" in line and "MB" in line and "\n" not in line
    low, high = answer.interval_s
    assert low < answer.latency_s < high
    assert answer.throughput_ips == answer.row.throughput.value > 0
    assert answer.to_frame().latency_s[0] == answer.latency_s
    assert "<table" in answer._repr_html_()
    assert tk.measure(TRIAL, store=store).samples_s == answer.samples_s
    assert len(store.all()) == 1
    again = tk.measure(TRIAL, store=store, fresh=True)
    assert again.samples_s != answer.samples_s and len(store.all()) == 2
    assert tk.measure(TRIAL, store=store).samples_s == again.samples_s


def test_a_row_that_is_not_ok_says_why_instead_of_a_time() -> None:
    failed = make_measurement(status="failed", cause="disagreed", note="it differs by 90 levels.")
    line = str(MeasuredTrial.of(failed))
    assert "failed: it differs by 90 levels." in line and " ms" not in line and "right" not in line
    alone = MeasuredTrial.of(make_measurement(blocks=1))
    assert "no interval" in str(alone) and alone.interval_s is None
    busy = make_measurement(suspect=("other processes used 1.5 of 2 processors",))
    assert "other processes" in str(MeasuredTrial.of(busy))


def test_a_wrong_name_is_refused_and_nothing_is_stored(tmp_path: Path) -> None:
    with pytest.raises(LookupError):
        tk.measure("oil_panting@opencv", store=tk.Store(tmp_path / "store.sqlite"))
    assert not (tmp_path / "store.sqlite").exists()
