import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import toolkit

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
    row = Measurement(trial=trial, status="ok", environment_id=question_id(trial, machine), fingerprint=machine)
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
    shutil.copytree(Path(toolkit.__file__).parent, package, ignore=ignored)
    rules = ["contracts/tolerance.py", "bench/agreement.py", "images/similarity.py"]
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
