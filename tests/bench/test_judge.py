"""Whether a picture is right: the judge, and the rules that belong to the question."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import toolkit as tk
from tests.bench.planted import SHORT, trial_of
from toolkit.bench.measure import measure, measure_together
from toolkit.bench.plan import Plan
from toolkit.contracts.checked_trial import make_trial

_MEASURED_AGAIN = """
import json, sys
from pathlib import Path
from toolkit.bench.judge import question_id
from toolkit.bench.sweep import pending
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.fingerprint import fingerprint
from toolkit.contracts.measurement import Measurement
from toolkit.results.store.store import Store

package, machine, found = Path(sys.argv[1]), fingerprint(), {}
for operation, params, *files in json.loads(sys.argv[2]):
    trial = make_trial(operation, params=params, size=(64, 48))
    outcome = {"status": "failed", "cause": "disagreed"}
    row = Measurement(trial=trial, environment_id=question_id(trial, machine), fingerprint=machine, **outcome)
    store = Store(package.parent / f"{operation}.sqlite")
    store.add(row)
    assert row.key in store.keys() and pending([trial], skip=store.keys()) == []
    for file in files:
        source = package / file
        text = source.read_text()
        source.write_text(text + "# another rule")
        found[f"{operation}: {file}"] = pending([trial], skip=store.keys()) == [trial]
        source.write_text(text)
print(json.dumps(found))
"""


def test_a_changed_rule_of_judging_measures_a_stored_row_again(tmp_path):
    """The store of a user keeps the row, and a sweep does not take it for an answer any more."""
    package = tmp_path / "toolkit"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(tk.__file__).parent, package, ignore=ignored)
    rules = ["contracts/content.py", "contracts/tolerance.py", "bench/agreement.py", "images/similarity.py"]
    truth = ["bench/ground_truth.py", "images/super_resolution.py"]
    asked = [
        ("oil_painting", {}, *rules, *truth),
        ("fsrcnn", {"weights": "untrained"}, *rules, *truth),
    ]
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED_AGAIN, package, json.dumps(asked)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "ATELIER_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    unconcerned = {f"oil_painting: {file}" for file in truth}  # nobody knows a true oil painting
    assert {name for name, again in json.loads(done.stdout).items() if not again} == unconcerned


@pytest.mark.usefixtures("own_cache_and_lock")
def test_a_wrong_kernel_is_failed_whatever_its_speed():
    right, wrong = (next(measure_together([trial_of("is_wrong", threads=n)], plan=SHORT)) for n in (1, 3))
    assert right.status == "ok"
    assert right.agreement is not None and right.agreement.max_abs == 0
    assert (wrong.status, wrong.cause) == ("failed", "disagreed")
    assert wrong.agreement is not None and wrong.agreement.max_abs == 10
    assert "disagrees with the opencv reference" in wrong.note
    assert wrong.samples_s[0]  # the raw time is kept


@pytest.mark.usefixtures("own_cache_and_lock")
def test_a_matte_that_disagrees_says_where_and_whether_a_person_was_seen():
    wrong = next(
        measure_together([trial_of("wrong_mattes", images=("coffee", "rocket"), threads=3)], plan=SHORT)
    )
    assert wrong.cause == "disagreed"
    assert "disagrees with the opencv reference on coffee: " in wrong.note
    assert "no person" in wrong.note


@pytest.mark.usefixtures("own_cache_and_lock")
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


@pytest.mark.usefixtures("own_cache_and_lock")
def test_opencv_stylization_above_its_safe_size_is_failed_with_one_block():
    trial = make_trial("stylization", "opencv", size=(2736, 2052), images=("coffee",))
    answer = measure(trial, plan=SHORT)
    assert (answer.status, answer.cause) == ("failed", "wrong size")
    assert "2^24" in answer.note and "values are wrong" in answer.note
    assert len(answer.blocks) == 1
    assert answer.agreement is not None
    assert answer.agreement.crops == 16 and not answer.agreement.agrees


@pytest.mark.usefixtures("own_cache_and_lock")
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
