"""The harness held against workloads whose answer is known."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
import psutil
import pytest

import toolkit as tk
from toolkit.bench.measure import measure, measure_together
from toolkit.bench.plan import Plan
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.measurement import STAGES, Measurement
from toolkit.contracts.operation import OPERATIONS, Operation, load_plugin
from toolkit.contracts.trial import Trial
from toolkit.core.errors import InvalidValue

PLUGINS = Path(__file__).parent.parent / "plugins"
SHORT = Plan(blocks=2, seconds=0.1, timeout_s=30.0)


pytestmark = pytest.mark.usefixtures("own_cache_and_lock")


def trial_of(name: str, **changes: object) -> Trial:
    path = PLUGINS / f"{name}.py"
    sha = load_plugin(path)
    asked = {"images": ("coffee",), "size": (64, 48), **changes}
    return make_trial(name, "opencv", plugins=((str(path), sha),), **asked)


def test_five_milliseconds_measure_five_milliseconds():
    answer = measure(trial_of("sleeps"), plan=SHORT)
    assert answer.status == "ok", answer.note
    assert len(answer.blocks) == 2
    for samples in answer.samples_s:
        assert len(samples) >= 3
        assert min(samples) >= 0.005
        assert median(samples) < 0.008


def test_a_slow_first_call_shows_in_first_alone():
    answer = measure(trial_of("first_is_slow"), plan=SHORT)
    for block in answer.blocks:
        stages = block.workers[0].stages_s
        assert set(stages) == set(STAGES)
        assert stages["first"] >= 0.3
        assert median(block.workers[0].samples_s) < 0.1


def test_a_wrong_kernel_is_failed_whatever_its_speed():
    right, wrong = (next(measure_together([trial_of("is_wrong", threads=n)], plan=SHORT)) for n in (1, 3))
    assert right.status == "ok"
    assert right.agreement is not None and right.agreement.max_abs == 0
    assert (wrong.status, wrong.cause) == ("failed", "disagreed")
    assert wrong.agreement is not None and wrong.agreement.max_abs == 10
    assert "disagrees with the opencv reference" in wrong.note
    assert wrong.samples_s[0]  # the raw time is kept


def test_a_matte_that_disagrees_says_where_and_whether_a_person_was_seen():
    wrong = next(
        measure_together([trial_of("wrong_mattes", images=("coffee", "rocket"), threads=3)], plan=SHORT)
    )
    assert wrong.cause == "disagreed"
    assert "disagrees with the opencv reference on coffee: " in wrong.note
    assert "no clear person" in wrong.note


@pytest.mark.parametrize(
    ("where", "photos", "changes"),
    [
        ("batch", ["bright"], {"batch": 8}),
        ("photo", ["bright", "dark"], {}),
        ("worker", ["bright"], {"workers": 2}),
    ],
)
def test_a_wrong_output_is_found_wherever_it_comes(tmp_path, where, photos, changes):
    levels = {"bright": 200, "dark": 10}
    files = [tmp_path / f"{name}.png" for name in photos]
    for file in files:
        tk.save(np.full((48, 64, 3), levels[file.stem], np.uint8), file)
    trial = trial_of("wrong_at_times", images=tuple(map(str, files)), params={"where": where}, **changes)
    # One call a block: the first meets the dark photo, for which black is right, the second the bright one.
    answer = measure(trial, plan=Plan(blocks=2, seconds=0.0, timeout_s=30.0))
    assert (answer.status, answer.cause) == ("failed", "disagreed")
    assert answer.agreement is not None and answer.agreement.max_abs == 255


@pytest.mark.parametrize(
    ("name", "cause", "said"),
    [
        ("raises", "raised", "ZeroDivisionError: planted"),
        ("kills_itself", "died", "was killed by signal 9"),
        ("needs_too_much", "died", "ran out of memory. A smaller picture needs less."),
        ("hangs", "timed out", "gave no answer within"),
    ],
)
def test_a_broken_worker_is_an_answer_and_not_a_hang(name, cause, said):
    plan = dataclasses.replace(SHORT, timeout_s=2.0)
    answer = measure(trial_of(name), plan=plan)
    assert (answer.status, answer.cause) == ("failed", cause)
    assert said in answer.note
    assert answer.is_settled == (cause == "raised")
    assert not psutil.Process().children(recursive=True)


def test_workers_side_by_side_are_busy_at_the_same_time():
    answer = measure(trial_of("sleeps", workers=3), plan=SHORT)
    assert answer.status == "ok", answer.note
    for block in answer.blocks:
        runs = block.workers
        assert len(runs) == 3
        last_start = max(run.starts_s[0] for run in runs)
        first_end = min(run.starts_s[-1] + run.samples_s[-1] for run in runs)
        assert first_end > last_start
    assert answer.memory is not None and answer.memory.processes == 3


def test_thread_counts_are_told_before_the_runtime_is_imported():
    answer = measure(trial_of("sleeps", threads=2), plan=SHORT)
    assert answer.blocks[0].workers[0].observed["threads"] == 2


def test_opencv_stylization_above_its_safe_size_is_failed_with_one_block():
    trial = make_trial("stylization", "opencv", size=(2736, 2052), images=("coffee",))
    answer = measure(trial, plan=SHORT)
    assert (answer.status, answer.cause) == ("failed", "wrong size")
    assert "2^24" in answer.note
    assert len(answer.blocks) == 1


def test_a_pre_step_carries_what_shrinking_costs():
    trial = make_trial(
        "oil_painting",
        "opencv",
        steps=(("fit_pixels", {"pixels": 20_000}),),
        size=(300, 200),
        images=("coffee",),
    )
    answer = measure(trial, plan=SHORT)
    assert answer.status == "ok", answer.note
    assert 10 < answer.quality["psnr_db"] < 40
    assert 0 < answer.quality["ssim"] < 1


def test_a_missing_backend_is_skipped_with_the_install_hint():
    load_plugin(PLUGINS / "needs_nothing_you_have.py")
    answer = measure(make_trial("oil_painting", "needs_nothing_you_have", size=(64, 48)), plan=SHORT)
    assert answer.status == "skipped"
    assert "pip install nothing-you-have" in answer.note
    assert answer.blocks == ()


def test_an_operation_added_in_this_process_cannot_be_measured():
    OPERATIONS.add(
        Operation(name="only_here", summary="", kernels={"opencv": lambda cv2: lambda image: image})
    )
    with pytest.raises(InvalidValue, match="put it in a file"):
        measure("only_here@opencv")


def test_a_measurement_survives_json():
    answer = measure(trial_of("sleeps"), plan=SHORT)
    assert Measurement.from_dict(json.loads(json.dumps(answer.to_dict()))) == answer


def test_workers_are_gone_within_a_second_of_their_drivers_death():
    trial = trial_of("hangs", workers=2)
    code = (
        "import json, sys\n"
        "from toolkit.bench.measure import measure\n"
        "from toolkit.contracts.operation import load_plugin\n"
        "from toolkit.contracts.trial import Trial\n"
        f"load_plugin({str(PLUGINS / 'hangs.py')!r})\n"
        "measure(Trial.from_dict(json.loads(sys.argv[1])))\n"
    )
    driver = subprocess.Popen([sys.executable, "-c", code, json.dumps(trial.to_dict())])
    process = psutil.Process(driver.pid)
    deadline = time.monotonic() + 60
    while len(process.children()) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    workers = process.children()
    assert len(workers) == 2
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()
    time.sleep(1.0)
    assert not [worker for worker in workers if _runs(worker)]


def _runs(process: psutil.Process) -> bool:
    """A zombie has ended: nobody has asked for its exit code yet."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
