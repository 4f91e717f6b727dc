"""Live comparisons of workloads whose order is known."""

from pathlib import Path

import pytest

from toolkit.analysis.design import Comparison, Stopped
from toolkit.bench.compare import compare_live, seconds_a_picture
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.measurement import Block, WorkerRun
from toolkit.contracts.operation import load_plugin
from toolkit.contracts.trial import Trial
from toolkit.core import folders
from toolkit.core.errors import InvalidValue

PLUGINS = Path(__file__).parent.parent / "plugins"


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)


def trial_of(name: str, **changes: object) -> Trial:
    path = PLUGINS / f"{name}.py"
    plugins = ((str(path), load_plugin(path)),)
    return make_trial(name, "opencv", plugins=plugins, images=("coffee",), size=(64, 48), **changes)


def test_times_are_those_of_one_picture_and_every_sample_is_kept():
    seen: list[int] = []

    def look(design: Comparison) -> None:
        seen.append(design.n_rounds)

    design, measurements = compare_live(
        [trial_of("sleeps"), trial_of("sleeps", batch=2)], half_width=0.5, budget_s=60.0, on_block=look
    )
    assert design.stopped is Stopped.PRECISE
    assert design.n_rounds >= 6
    assert len(seen) == 2 * design.n_rounds and seen == sorted(seen)
    assert [m.status for m in measurements] == ["ok", "ok"]
    assert [m.trial.batch for m in measurements] == [1, 2]
    for answer in measurements:
        assert len(answer.blocks) == design.n_rounds
        assert [block.round for block in answer.blocks] == sorted(block.round for block in answer.blocks)
        assert answer.agreement is not None and answer.agreement.agrees
    # Two pictures a call take twice as long a call, and as long a picture.
    single, double = ([s for run in m.samples_s for s in run] for m in measurements)
    assert min(single) >= 0.005 and min(double) >= 0.010
    assert design.verdict("B").ratio == pytest.approx(1, abs=0.4)


@pytest.mark.parametrize(
    ("name", "status", "cause"), [("raises", "failed", "raised"), ("kills_itself", "failed", "died")]
)
def test_a_side_that_breaks_ends_the_comparison_with_its_answer(name, status, cause):
    design, measurements = compare_live([trial_of("sleeps"), trial_of(name)], budget_s=30.0)
    assert design.stopped is Stopped.FAILED
    assert (measurements[1].status, measurements[1].cause) == (status, cause)
    assert measurements[0].status == "ok"


def test_a_side_that_is_not_installed_is_skipped_with_the_hint():
    load_plugin(PLUGINS / "needs_nothing_you_have.py")
    absent = make_trial("oil_painting", "needs_nothing_you_have", images=("coffee",), size=(64, 48))
    design, measurements = compare_live([trial_of("sleeps"), absent], budget_s=30.0)
    assert design.stopped is Stopped.FAILED
    assert measurements[1].status == "skipped"
    assert "pip install nothing-you-have" in measurements[1].note


def test_a_wrong_picture_is_compared_and_called_one():
    design, measurements = compare_live(
        [trial_of("sleeps"), trial_of("is_wrong", threads=3)], half_width=0.5, budget_s=2.0
    )
    answer = measurements[1]
    assert (answer.status, answer.cause) == ("failed", "disagreed")
    assert answer.cause.is_wrong_picture
    assert len(answer.blocks) >= design.n_rounds >= 1


def test_the_budget_is_a_cap():
    design, measurements = compare_live(
        [trial_of("sleeps"), trial_of("sleeps")], half_width=1e-6, budget_s=1.5
    )
    assert design.stopped is Stopped.BUDGET
    assert all(m.blocks for m in measurements)


@pytest.mark.parametrize(
    ("count", "settings", "said"),
    [
        (1, {}, "two or more different names"),
        (2, {"half_width": 0.0}, "'half_width' of comparison must be a number above 0"),
        (2, {"budget_s": float("nan")}, "'budget_s' of comparison must be"),
    ],
)
def test_what_is_no_comparison_is_refused_before_anything_is_measured(count, settings, said):
    with pytest.raises(InvalidValue, match=said):
        compare_live([trial_of("sleeps")] * count, **settings)
    assert folders.cache_sizes_bytes()["references"] == 0


def _block(*runs: tuple[tuple[float, ...], tuple[float, ...]]) -> Block:
    workers = tuple(WorkerRun(stages_s={}, starts_s=starts, samples_s=samples) for starts, samples in runs)
    return Block(round=0, started="", workers=workers)


class TestSecondsAPicture:
    trial = make_trial("oil_painting", "opencv", size=(4, 4))

    def test_one_worker_gives_each_call(self):
        block = _block(((0.0, 1.0), (0.5, 0.75)))
        assert seconds_a_picture(block, self.trial) == [0.5, 0.75]
        assert seconds_a_picture(block, self.trial.with_(batch=2)) == [0.25, 0.375]

    def test_workers_side_by_side_give_one_figure_of_their_common_window(self):
        starts, samples = tuple(float(i) for i in range(10)), (1.0,) * 10
        both = _block((starts, samples), (starts, samples))
        (together,) = seconds_a_picture(both, self.trial.with_(workers=2))
        assert together == pytest.approx(0.5)
        (batched,) = seconds_a_picture(both, self.trial.with_(workers=2, batch=4))
        assert batched == pytest.approx(0.125)

    def test_workers_that_never_met_give_none(self):
        apart = _block(((0.0, 1.0), (1.0, 1.0)), ((5.0, 6.0), (1.0, 1.0)))
        assert seconds_a_picture(apart, self.trial.with_(workers=2)) == []
