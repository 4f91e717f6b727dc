"""Each model runtime runs for a moment and reports its settings; one that cannot run has a reason."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from toolkit.contracts.backend import BACKENDS
from toolkit.studies.thread_trial import remarks

ROOT = Path(__file__).resolve().parents[2]

BROKEN = """
from contextlib import contextmanager
from toolkit.contracts.backend import Backend

class Broken(Backend):
    name, module, distribution, install = "broken", "json", "broken", "pip install broken"
    formats = ("torch",)
    @contextmanager
    def session(self, placement):
        raise ImportError("libbroken.so.12: cannot open shared object file")
        yield

BACKEND = Broken()
"""

ABSENT = BROKEN.replace("broken", "absent").replace('"json"', '"nothing_you_have"')

TRY = """
import json, sys
from toolkit.studies.thread_trial import combinations, remarks, try_threads
from toolkit.contracts.fingerprint import fingerprint
from toolkit.contracts.operation import load_plugin

plugins = tuple((path, load_plugin(path)) for path in sys.argv[1:])
machine = fingerprint()
chosen = [one for one in combinations(has_graphics_card=False) if one[0] == "fsrcnn"]
rows = try_threads(chosen, machine, plugins=plugins)
print(json.dumps([rows, remarks(rows)]))
"""


def test_each_runtime_reports_its_settings_or_why_it_did_not_run(tmp_path: Path) -> None:
    files = {"broken.py": BROKEN, "absent.py": ABSENT}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        [sys.executable, "-c", TRY, *(str(tmp_path / name) for name in files)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found, sentences = json.loads(done.stdout)
    rows = {row["backend"]: row for row in found}
    assert set(rows) == {name for name in BACKENDS if BACKENDS[name].formats} | {"broken", "absent"}
    assert "libbroken.so.12: cannot open shared object file" in rows["broken"]["problem"]
    assert "pip install absent" in rows["absent"]["problem"]
    assert {"On broken, the trial did not run", "On absent, the trial did not run"} <= {
        s.partition(":")[0] for s in sentences
    }
    for name in BACKENDS:
        row = rows.get(name, {"problem": ""})
        if "problem" not in row:
            assert row["at_work"] > 0 and row["device"] == "cpu"
    if "problem" not in rows["onnxruntime"]:
        assert rows["onnxruntime"]["settings"]["spinning"] is False
    if "problem" not in rows["openvino"]:
        assert rows["openvino"]["settings"]["pinning"] is False and "streams" in rows["openvino"]["settings"]


def row(backend: str, **found: object) -> dict[str, object]:
    return {"operation": "fsrcnn", "backend": backend, "findings": [], "suspect": [], **found}


def test_a_finding_of_several_backends_is_one_sentence() -> None:
    finding = {"code": "fewer threads", "sentence": "1 thread, asked 2", "cure": "use threads=1"}
    rows = [row("numpy", findings=[finding]), row("opencv", findings=[finding], suspect=["noise"])]
    assert remarks(rows) == ["On numpy, opencv, 1 thread, asked 2: use threads=1."]


def test_a_finding_about_active_threads_names_what_disturbed_the_trial() -> None:
    finding = {"code": "more threads than asked", "sentence": "3.0 active", "cure": "find it"}
    assert "noise" in remarks([row("opencv", findings=[finding], suspect=["noise"])])[-1]
    assert remarks([row("opencv")]) == []
