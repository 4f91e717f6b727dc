"""Each model runtime runs for a moment and reports its settings; one that cannot run has a reason."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from toolkit.contracts.backend import BACKENDS

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
from toolkit.apps.cli.doctor import print_threads
from toolkit.studies.thread_trial import combinations, try_threads
from toolkit.contracts.fingerprint import fingerprint
from toolkit.contracts.operation import load_plugin

plugins = tuple((path, load_plugin(path)) for path in sys.argv[1:])
machine = fingerprint()
chosen = [one for one in combinations(has_graphics_card=False) if one[0] == "fsrcnn"]
rows = try_threads(chosen, machine, plugins=plugins)
print(json.dumps(rows))
print_threads(rows, machine["cpu"])
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
    first, _, printed = done.stdout.partition("\n")
    rows = {row["backend"]: row for row in json.loads(first)}
    assert set(rows) == {name for name in BACKENDS if BACKENDS[name].formats} | {"broken", "absent"}
    assert "libbroken.so.12: cannot open shared object file" in rows["broken"]["problem"]
    assert "pip install absent" in rows["absent"]["problem"]
    assert "On broken, it did not run: " in printed and "On absent, it did not run: " in printed
    for name in BACKENDS:
        row = rows.get(name, {"problem": ""})
        if "problem" not in row:
            assert row["at_work"] > 0 and row["device"] == "cpu"
            line = next(line for line in printed.splitlines() if line.startswith(f"fsrcnn@{name} "))
            assert all(setting in line for setting in row["settings"])
    if "problem" not in rows["onnxruntime"]:
        assert rows["onnxruntime"]["settings"]["spinning"] is False
    if "problem" not in rows["openvino"]:
        assert rows["openvino"]["settings"]["pinning"] is False and "streams" in rows["openvino"]["settings"]
