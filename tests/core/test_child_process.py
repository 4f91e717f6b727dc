"""A child imports this package from any working folder, and ends when its parent ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

import toolkit
from toolkit.core.child_process import module_command, module_environment, python_path

PACKAGE = str(Path(toolkit.__file__).parents[1])


def test_a_child_imports_this_package_and_not_a_file_of_the_working_folder(tmp_path: Path) -> None:
    for name in ("toolkit", "json"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong module')")
    done = subprocess.run(
        module_command("toolkit.core.child_process"),
        env=module_environment(),
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_path_that_the_user_has_set_comes_after_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/mine")
    assert python_path() == f"{PACKAGE}{os.pathsep}/mine"
    monkeypatch.delenv("PYTHONPATH")
    assert python_path() == PACKAGE


def test_variables_are_added_to_those_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPT", "1")
    monkeypatch.setenv("CHANGED", "1")
    made = module_environment({"CHANGED": "2"})
    assert (made["KEPT"], made["CHANGED"], os.environ["CHANGED"]) == ("1", "2", "1")


CHILD = (
    "from toolkit.core.child_process import die_with_parent; die_with_parent(); print(flush=True); input()"
)
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
input()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process outlives its parent")
def test_a_child_ends_when_its_parent_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=module_environment(),
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    assert psutil.wait_procs([child], timeout=60)[1] == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process outlives its parent")
def test_a_child_whose_parent_has_ended_already_ends_at_once() -> None:
    code = "from toolkit.core.child_process import die_with_parent; die_with_parent(1); print('alive')"
    done = subprocess.run(
        [sys.executable, "-c", code], env=module_environment(), capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (1, "")
