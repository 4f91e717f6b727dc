"""The commands of the README run from a folder outside the checkout, with the package alone."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import toolkit as tk
from tests.backends.tiny_graphs import enlarging

ROOT = Path(__file__).parents[2]

# What is added to a command so that it ends in seconds: sizes, and the command's own limits.
ADDED = {
    "bench": "--dry-run",
    "capacity": "--table animeganv2_14_cores",
    "compare": "--megapixels 0.01 --budget 1",
    "tune": "--size 96x72 --budget 90s",
    "report": "-p operations bicubic -p megapixels 0.01",
    "warm": "fit_side",
}
TAKES_MINUTES = ("atelier doctor --calibrate", "atelier tune oil_painting --app")
# A gate needs a git repository and `ab` two virtual environments: tests/studies/gate and `make bench-gate` run them.
TESTED_ELSEWHERE = ("gate", "ab")


def _commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    lines = [line.partition("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if _is_run_here(line)]


def _is_run_here(line: str) -> bool:
    if not line.startswith("atelier ") or line in TAKES_MINUTES:
        return False
    return shlex.split(line)[1] not in TESTED_ELSEWHERE


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the pictures that the README names, and beside it a copy of the package."""
    folder = tmp_path_factory.mktemp("outside")
    shutil.copytree(
        ROOT / "toolkit", folder / "site" / "toolkit", ignore=shutil.ignore_patterns("__pycache__")
    )
    here = folder / "here"
    picture = tk.photo("coffee")[:60, :80].copy()
    for name in (
        "holiday.jpg",
        "small.jpg",
        "portrait.jpg",
        "trip/one.jpg",
        "trip/two.jpg",
        "photos/one.png",
    ):
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        tk.save(picture, here / name)
    enlarging(here / "mine.onnx")
    return folder


def test_each_command_of_the_readme_runs_outside_the_checkout(outside: Path) -> None:
    program = outside / "atelier"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m toolkit "$@"\n')
    program.chmod(0o755)
    kept = {
        name: value for name, value in os.environ.items() if name not in ("ATELIER_HOME", "XDG_DATA_HOME")
    }
    home = outside / "home"
    variables = {
        "HOME": str(home),
        "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
        "PATH": f"{outside}:{os.environ['PATH']}",
        "PYTHONPATH": str(outside / "site"),
        "TMPDIR": str(outside),
    }
    failed = []
    for command in _commands():
        line = f"{command} {ADDED.get(shlex.split(command)[1], '')}"
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=outside / "here",
            env={**kept, **variables},
            capture_output=True,
            text=True,
        )
        lacks_weights = done.returncode == 3 and "ATELIER_WEIGHTS" in done.stderr
        if done.returncode and not lacks_weights:
            failed.append(f"{line}: {done.returncode}, {done.stderr[-500:]}")
    assert failed == []
    data = home / ".local" / "share" / "atelier"
    assert sorted(entry.name for entry in data.iterdir()) == ["data", "reports"]
    assert not list((outside / "site").rglob("*.sqlite"))
