"""Every executor is measured in a new process: its pictures are judged, and all workers are busy until the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.backends import tiny_graphs
from toolkit.analysis.throughput import common_window
from toolkit.bench.executors import executors_for
from toolkit.bench.measure import measure
from toolkit.bench.plan import Plan
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.operation import OPERATIONS, load_plugin
from toolkit.contracts.outcome import Cause
from toolkit.contracts.trial_keys import USUAL_EXECUTOR
from toolkit.core.errors import InvalidValue, UnknownName
from toolkit.results.rows.load import is_oversubscribed
from toolkit.results.rows.summarising import summarise
from toolkit.workers.executor import EXECUTORS

SHORT = Plan(blocks=1, seconds=0.05, least_calls=1, timeout_s=60.0)
PLUGINS = Path(__file__).parents[1] / "plugins"

pytestmark = pytest.mark.usefixtures("own_cache_and_lock")


def asked(executor: str, **changes):
    given = {"images": ("coffee",), "size": (48, 32), "workers": 2, **changes}
    return make_trial("oil_painting", "opencv", executor=executor, **given)


@pytest.mark.parametrize(
    "executor",
    [name for name in executors_for(("all",), OPERATIONS["oil_painting"]) if name != USUAL_EXECUTOR],
)
def test_an_executor_is_measured_under_load(executor: str) -> None:
    workers = EXECUTORS[executor].most_workers or 2
    measured = measure(asked(executor, workers=workers), plan=SHORT)
    assert measured.is_ok, measured.note
    assert measured.agreement is not None and measured.agreement.agrees
    (block,) = measured.blocks
    assert len(block.workers) == workers
    assert all(run.samples_s and run.outputs["coffee"] for run in block.workers)
    window = common_window([r.starts_s for r in block.workers], [r.samples_s for r in block.workers])
    assert window is not None
    [row] = summarise([measured])
    assert row.throughput.value > 0 and row.peak_bytes and row.busy_cores
    assert row.trial.executor == executor
    assert Measurement.from_dict(measured.to_dict()) == measured


def test_pictures_are_gathered_into_one_call_and_counted_one_by_one(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    file = str(tiny_graphs.enlarging(tmp_path / "own.onnx"))
    trial = make_trial(
        "onnx_model",
        "onnxruntime",
        params={"file": file, "scale": 2},
        executor="micro_batch",
        batch=3,
        images=("coffee",),
        size=(48, 32),
    )
    measured = measure(trial, plan=SHORT)
    assert measured.is_ok, measured.note
    [row] = summarise([measured])
    assert row.throughput.value == pytest.approx(3 / row.latency.value, rel=0.5)


def test_a_wrong_picture_fails_with_any_executor() -> None:
    path = str(PLUGINS / "is_wrong.py")
    plugins = ((path, load_plugin(path)),)
    trial = make_trial(
        "is_wrong",
        "opencv",
        executor="threads",
        threads=3,
        images=("coffee",),
        size=(48, 32),
        plugins=plugins,
    )
    assert measure(trial, plan=SHORT).cause is Cause.DISAGREED


def test_a_kernel_that_raises_fails_with_its_sentence() -> None:
    path = str(PLUGINS / "raises.py")
    plugins = ((path, load_plugin(path)),)
    trial = make_trial(
        "raises", "opencv", executor="threads", images=("coffee",), size=(48, 32), plugins=plugins
    )
    measured = measure(trial, plan=SHORT)
    assert measured.cause is Cause.RAISED and "planted" in measured.note


def test_threads_of_one_process_that_do_what_they_were_told_are_no_finding() -> None:
    measured = measure(asked("threads", size=(320, 240)), plan=SHORT)
    assert not {finding.code for finding in measured.findings} & {"more threads than asked", "nested pools"}


def test_more_workers_than_processors_are_marked() -> None:
    measured = measure(asked("threads", workers=64), plan=SHORT)
    [row] = summarise([measured])
    assert is_oversubscribed(row)


def test_an_executor_that_does_not_exist_and_pictures_it_cannot_gather_are_refused() -> None:
    with pytest.raises(UnknownName, match="executor"):
        measure(asked("theads"), plan=SHORT)
    with pytest.raises(InvalidValue, match="batch"):
        measure(asked("threads", batch=2), plan=SHORT)
