"""Live comparisons of a workload whose slow-down is planted."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.results.factory import make_measurement
from toolkit.bench.lock import measuring_lock
from toolkit.bench.measure import measure, measure_together
from toolkit.bench.plan import Plan
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.fingerprint import fingerprint
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.operation import load_plugin
from toolkit.contracts.trial import Trial
from toolkit.contracts.turns import command_to_compare
from toolkit.core.errors import InvalidValue, TrialFailed, Unavailable, UnknownName
from toolkit.machine.diagnosis import Finding
from toolkit.results.plots.verdicts import draw_rounds
from toolkit.results.rows.summarising import summarise
from toolkit.results.sentences.verdicts import ComparisonReport
from toolkit.results.store.calibration import NOT_CALIBRATED
from toolkit.studies.compare import compare
from toolkit.studies.trust import workload

PLUGINS = Path(__file__).parent.parent / "plugins"


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def work(units: int, **changes: object) -> Trial:
    sha = load_plugin(workload.__file__)
    plugins = ((workload.__file__, sha),)
    return make_trial(
        "workload",
        "opencv",
        params={"units": units},
        size=(64, 48),
        images=("coffee",),
        plugins=plugins,
        **changes,
    )


def undisturbed(m: Measurement) -> Measurement:
    """A measurement without what other processes of this machine did to it."""
    return replace(m, blocks=tuple(replace(block, suspect=()) for block in m.blocks))


def is_outcome(report: ComparisonReport, expected: str) -> bool:
    """Whether a live comparison has this outcome; where other processes disturbed it, none with their name."""
    is_busy = "busy" in report.verdict.reason
    return report.outcome == ("CAN'T TELL" if is_busy else expected)


def test_twice_the_work_is_slower_and_half_is_faster():
    measured: list[Measurement] = []
    slower = compare(work(4_000), work(8_000), budget_s=30.0, on_measurement=measured.append)
    assert is_outcome(slower, "SLOWER"), slower
    assert 1.5 < slower.verdict.ratio < 2.7
    faster = compare(work(8_000), work(4_000), budget_s=30.0)
    assert is_outcome(faster, "FASTER"), faster
    assert slower.verdict.n_rounds >= 3
    assert [m.trial for m in measured] == [work(4_000), work(8_000)]
    said = str(slower)
    assert " took " in said and NOT_CALIBRATED in said
    assert list(slower.to_frame()["processes"]) == [slower.verdict.n_rounds] * 2
    axes = draw_rounds(slower)
    assert axes.get_ylabel().startswith("time per picture")


def test_a_verdict_has_its_interval_and_the_smallest_change_that_would_show():
    here = fingerprint()
    report = compare(
        make_measurement(latency_s=0.1, fingerprint=here),
        make_measurement(backend="numba", latency_s=0.3, fingerprint=here),
    )
    assert report.outcome == "SLOWER" and "SLOWER" in report._repr_html_()
    assert "95 % interval" in str(report) and "Smallest change" in str(report)


def test_runs_that_took_turns_keep_their_verdict_and_runs_measured_apart_get_none():
    plan = Plan(blocks=4, seconds=0.05)
    with measuring_lock():
        one, two = measure_together([work(4_000), work(12_000)], plan=plan)
    one, two = map(undisturbed, (one, two))
    report = compare(one, two)
    assert report.outcome == "SLOWER", report
    assert report.verdict.n_rounds == 4
    assert report.spent_s == 0
    assert compare(*summarise([one, two])) == report
    apart = measure(work(12_000), plan=plan)
    report = compare(one, apart)
    assert report.outcome == "CAN'T TELL", report
    assert report.verdict.low is None
    assert "apart" in draw_rounds(report).get_title(loc="left")
    assert "not measured in turns" in str(report)
    assert command_to_compare(one.trial, apart.trial) in str(report)
    again = compare(*summarise([two, apart]))
    assert again.outcome == "CAN'T TELL", again
    assert not again.command  # no command measures one trial against itself
    doubt = ("other processes used 1.5 of 2 processors",)
    disturbed = [
        replace(m, blocks=tuple(replace(block, suspect=doubt) for block in m.blocks)) for m in (one, two)
    ]
    report = compare(*disturbed)
    assert report.outcome == "CAN'T TELL" and report.verdict.low is None
    assert "1.5 of 2 cores" in str(report)
    assert compare(one, disturbed[1]).outcome == "SLOWER"  # one side alone is a caution


def test_a_trial_is_not_compared_with_itself():
    with pytest.raises(InvalidValue, match="calibrate"):
        compare(work(4_000), work(4_000))
    with pytest.raises(InvalidValue, match="twice"):
        compare("oil_painting@opencv:megapixels=1", "oil_painting@opencv:size=7", megapixels=1, budget_s=1.0)
    stored = make_measurement()
    with pytest.raises(InvalidValue, match="calibrate"):
        compare(stored, replace(stored))


def test_a_side_that_cannot_give_a_time_is_an_error():
    with pytest.raises(UnknownName, match="Did you mean 'oil_painting'"):
        compare("oil_painting", "oil_paintin")
    with pytest.raises(Unavailable, match="device"):
        compare(work(4_000), work(4_000, device="cuda"), budget_s=5.0)
    broken = PLUGINS / "raises.py"
    plugins = ((str(broken), load_plugin(broken)),)
    raises = make_trial("raises", "opencv", size=(64, 48), images=("coffee",), plugins=plugins)
    with pytest.raises(TrialFailed, match="ZeroDivisionError: planted"):
        compare(work(1_000), raises, budget_s=5.0)


def test_a_wrong_picture_may_be_the_before_and_says_so():
    path = PLUGINS / "is_wrong.py"
    plugins = ((str(path), load_plugin(path)),)
    wrong = make_trial("is_wrong", "opencv", threads=3, size=(64, 48), images=("coffee",), plugins=plugins)
    report = compare(wrong, work(1_000), budget_s=4.0)
    assert isinstance(report, ComparisonReport)
    assert any("wrong picture" in caveat for caveat in report.caveats)


def test_thread_findings_and_a_time_that_never_settled_are_cautions():
    here = fingerprint()
    plain = make_measurement(fingerprint=here)
    both = make_measurement(workers=2, threads=2, fingerprint=here)
    crowded = replace(both, findings=(Finding("x", "4 share 2", "ask for 2"),))
    report = compare(plain, crowded)
    assert any("4 share 2; ask for 2" in caveat for caveat in report.caveats)
    climbing = [1.0, 1.01, 1.0, 0.99] * 2 + [1.5, 1.51, 1.5, 1.49]
    blocks = tuple(
        replace(block, workers=tuple(replace(run, samples_s=tuple(climbing)) for run in block.workers))
        for block in plain.blocks
    )
    report = compare(plain, replace(plain, blocks=blocks))
    assert any("steady state" in caveat for caveat in report.caveats)
