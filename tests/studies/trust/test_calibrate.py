"""A calibration is measured with a workload of a known amount, kept, and quoted by later verdicts."""

from __future__ import annotations

import pytest

from toolkit.contracts.fingerprint import fingerprint
from toolkit.contracts.identity import hardware_id
from toolkit.results.store.calibration import load_calibration
from toolkit.studies.compare import compare
from toolkit.studies.trust.calibrate import calibrate, workload_trial


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_a_slow_down_is_that_much_more_work():
    twice, more = (dict(workload_trial(slow_down).params)["units"] for slow_down in (1.0, 0.03))
    assert more / twice == pytest.approx(1.03 / 2)


def test_calibration_is_kept_and_quoted_by_later_verdicts():
    seen = []
    found = calibrate(
        pairs=1, planted=1, budget_s=3.0, on_pair=lambda done, total, verdict: seen.append((done, total))
    )
    assert seen == [(1, 2), (2, 2)]
    assert load_calibration(hardware_id(fingerprint())) == found
    assert found.reversed == 0
    assert "false alarm" in str(found)
    assert str(found) in str(compare(workload_trial(), workload_trial(1.0), budget_s=2.0))
