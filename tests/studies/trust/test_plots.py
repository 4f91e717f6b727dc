"""The charts of notebook 05_trust say what they show, also in words."""

from __future__ import annotations

from dataclasses import replace

from tests.results.factory import make_measurement
from toolkit.contracts.measurement import Measurement
from toolkit.studies.trust.demonstrations import AlarmRates, in_turns, one_after_the_other
from toolkit.studies.trust.inherited import InheritedPeak
from toolkit.studies.trust.plots import crowding_chart, drift_chart, false_alarm_chart, peak_chart


def crowd(workers: int, threads: int, latency_s: float) -> Measurement:
    measurement = make_measurement(workers=workers, threads=threads, latency_s=latency_s, jitter=0.0)
    blocks = tuple(
        replace(
            block,
            workers=tuple(replace(r, observed={"ledger": {"active": float(threads)}}) for r in block.workers),
        )
        for block in measurement.blocks
    )
    return replace(measurement, blocks=blocks)


def test_false_alarms() -> None:
    calls = [[0.0100, 0.0101, 0.0102], [0.0110, 0.0111, 0.0112]]
    chart = false_alarm_chart(calls, AlarmRates(0.45, 0.02, 400), AlarmRates(0.3, 0.01, 400))
    assert "differ by 9.9 %" in chart.alt and "45 % of 400 splits" in chart.alt
    assert chart.png().startswith(b"\x89PNG")


def test_drift() -> None:
    chart = drift_chart(
        [one_after_the_other(seed=s) for s in range(3)], [in_turns(seed=s) for s in range(3)], drift=0.05
    )
    assert "slows down by 5.0 %" in chart.alt
    assert chart.png().startswith(b"\x89PNG")


def test_a_counter_that_the_system_lacks_is_left_out() -> None:
    chart = peak_chart(InheritedPeak(None, 212_000_000, 11_000_000, None))
    assert "ru_maxrss 212 MB" in chart.alt and "PSS" not in chart.alt
    title = chart.axes[0].get_title(loc="left")
    assert "11 MB" in title and "212 MB" in title


def test_crowding_is_told_from_the_numbers() -> None:
    chart = crowding_chart([crowd(2, 1, 0.1), crowd(2, 4, 0.3)], processors=2)
    title = chart.get_suptitle().replace("\n", " ")
    assert title.startswith("2 x 4 on 2 processors: 0.33 x") and "3.0 x" in title and title.endswith("2 x 1")
    assert "2 x 4: 8.0 runnable threads" in chart.alt
    assert chart.png().startswith(b"\x89PNG")


def test_nothing_that_fits_gives_no_comparison() -> None:
    assert (
        crowding_chart([crowd(2, 4, 0.3)], processors=2).get_suptitle()
        == "Workers and threads on 2 processors"
    )
