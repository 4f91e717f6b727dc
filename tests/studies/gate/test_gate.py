"""The gate in a scratch git repository with a plug-in: green, red, and could not tell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.results.factory import later
from toolkit.apps.cli.main import run
from toolkit.contracts.operation import OPERATIONS
from toolkit.results.store.store import Store

PLUGIN = """
import toolkit as tk

def builder(cv2):
    def kernel(image):
        for _ in range({times}):
            turned = cv2.blur(image, (5, 5))
        return {result}
    return kernel

def reference(numpy):
    import cv2
    return lambda image: cv2.blur(image, (5, 5))

OPERATION = tk.Operation(
    name="blurs", summary="Blurs a picture many times.", kernels={{"opencv": builder, "numpy": reference}}
)
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit; its plug-in takes about 20 ms."""
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    folder = tmp_path / "scratch"
    folder.mkdir()
    write(folder, times=200)
    for command in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "first"],
    ):
        subprocess.run(["git", "-C", str(folder), *command], check=True)
    return folder


@pytest.fixture(autouse=True)
def forget_the_plugin():
    before = dict(OPERATIONS._added), dict(OPERATIONS._files)
    yield
    OPERATIONS._added, OPERATIONS._files = before


def write(folder: Path, *, times: int, result: str = "turned") -> None:
    (folder / "blurs.py").write_text(PLUGIN.format(times=times, result=result))


def gate(folder: Path, *more: str, trials: tuple[str, ...] = ("blurs@opencv:input=320x240",)) -> int:
    where = ["--plugin", str(folder / "blurs.py"), "--baseline", "main", "--quiet", "--budget", "8"]
    return run(["gate", *trials, *where, *more])


def test_three_unchanged_trials_are_no_regression(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trials = tuple(f"blurs@opencv:input={size}" for size in ("320x240", "328x240", "336x240"))
    files = repository / "gate.xml", repository / "gate.md"
    written = ["--json", "--junit", str(files[0]), "--markdown", str(files[1])]
    code = gate(repository, *written, "--max-slowdown", "50%", trials=trials)
    found = json.loads(capsys.readouterr().out)
    assert code == found["exit_code"] and code in (0, 5)
    assert [cell["state"] for cell in found["cells"] if cell["state"] == "REGRESSION"] == []
    assert all(cell["cell"]["agreement_db"] is None or cell["reasons"] for cell in found["cells"])
    suite = ElementTree.parse(files[0]).getroot().find("testsuite")
    assert suite is not None and suite.get("tests") == "3" and suite.get("failures") == "0"
    assert files[1].read_text().count("`blurs@opencv") == 3
    if code == 0:  # the commit is remembered
        again = ["gate", "--plugin", str(repository / "blurs.py"), "--baseline", "last-green", "-q"]
        assert run(again) == 5  # without a trial nothing is measured


def test_a_slower_plugin_is_a_regression(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(repository, times=400)
    code = gate(repository)
    said = capsys.readouterr().out
    if code == 5:  # other processes disturbed the blocks, and the gate says so
        assert "COULD NOT TELL" in said and "busy" in said
    else:
        assert code == 4 and "REGRESSION" in said and "is allowed" in said


def test_a_wrong_picture_is_a_regression(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(repository, times=200, result="255 - turned")
    assert gate(repository) == 4
    assert "no right picture" in capsys.readouterr().out


def test_what_a_gate_refuses_or_cannot_tell(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "empty.yaml").write_text("trials: []\nplugins: [blurs.py]\n")
    assert run(["gate", "--preset", str(repository / "empty.yaml"), "--baseline", "main", "-q"]) == 5
    assert "nothing was measured" in capsys.readouterr().out
    (repository / "wrong.yaml").write_text("trails: []\n")
    assert run(["gate", "--preset", str(repository / "wrong.yaml"), "--baseline", "main", "-q"]) == 2
    assert "trials" in capsys.readouterr().err
    assert gate(repository, "--baseline", "no-such-branch") == 2
    assert "no-such-branch" in capsys.readouterr().err
    assert gate(repository, "--baseline", "last-green") == 2
    assert "passed" in capsys.readouterr().err
    (repository / "stored.sqlite").touch()
    assert gate(repository, "--baseline", str(repository / "stored.sqlite")) == 5
    assert "measured apart" in capsys.readouterr().out


def test_a_plugin_that_cannot_be_imported_is_wrong_use(repository: Path, tmp_path: Path) -> None:
    (repository / "blurs.py").write_text("import nowhere_to_be_found\n")
    command = [sys.executable, "-m", "toolkit", "gate", "blurs", "--plugin", str(repository / "blurs.py")]
    done = subprocess.run([*command, "--baseline", "main"], capture_output=True, text=True)
    assert done.returncode == 2 and "nowhere_to_be_found" in done.stderr


def test_against_stored_runs_an_alert_needs_a_history(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(tmp_path / "store.sqlite")
    where = ["--against-stored", "--store", str(store.path), "--plugin", str(repository / "blurs.py"), "-q"]
    trial = "blurs@opencv:input=32x24"
    assert run(["gate", *where]) == 5
    assert "nothing was measured" in capsys.readouterr().out
    assert run(["gate", trial, *where]) == 5
    assert "has 1 run " in capsys.readouterr().out
    (first,) = store.all()
    store.add_all(later(first, days=-day) for day in range(12, 1, -1))
    assert run(["gate", trial, *where, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["alerts"] == []
    assert run(["gate", trial, *where, "--junit", str(tmp_path / "gate.xml")]) == 2
    write(repository, times=1, result="255 - turned")
    assert run(["gate", trial, *where]) == 4
    assert "FAILED: blurs@opencv" in capsys.readouterr().out


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="asks how many processors there are")
def test_a_machine_that_is_busy_on_purpose_is_no_verdict(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two processes for each processor leave no block undisturbed."""
    forever = [sys.executable, "-c", "while True: pass"]
    others = [subprocess.Popen(forever) for _ in range(2 * len(os.sched_getaffinity(0)))]
    try:
        code = gate(repository, "--budget", "4")
    finally:
        for other in others:
            other.kill()
            other.wait()
    said = capsys.readouterr().out
    assert code == 5 and "COULD NOT TELL" in said and "busy" in said


def test_a_file_that_cannot_be_written_is_told_before_anything_is_measured(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate(repository, "--markdown", str(repository)) == 2
    told = capsys.readouterr()
    assert "written" in told.err and told.out == ""
