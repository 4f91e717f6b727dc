"""The README's commands, and a folder outside the checkout in which they run with a copy of the package alone."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import toolkit as tk
from tests.backends.tiny_graphs import enlarging

ROOT = Path(__file__).parents[2]
PICTURES = (
    "holiday.jpg",
    "small.jpg",
    "portrait.jpg",
    "photo.jpg",
    "trip/one.jpg",
    "trip/two.jpg",
    "photos/one.png",
)


def readme_commands() -> list[str]:
    """Every command line of the README's code blocks, without its comment."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    shown = [block for language, block in blocks if language in ("", "sh")]
    lines = [line.partition(" #")[0].strip() for block in shown for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def name_of(command: str) -> str:
    """The name of an ``atelier`` command line: ``bench``; ``""`` for other programs."""
    program, *words = shlex.split(command)
    return words[0] if program == "atelier" and words else ""


class Outside:
    """A folder with the pictures that the README names, and beside it a copy of the package and the command."""

    def __init__(self, folder: Path) -> None:
        self.here, self.home, self.site = folder / "here", folder / "home", folder / "site"
        shutil.copytree(ROOT / "toolkit", self.site / "toolkit", ignore=shutil.ignore_patterns("__pycache__"))
        picture = tk.photo("coffee")[:60, :80].copy()
        for name in PICTURES:
            (self.here / name).parent.mkdir(parents=True, exist_ok=True)
            tk.save(picture, self.here / name)
        enlarging(self.here / "mine.onnx")
        program = folder / "atelier"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m toolkit "$@"\n')
        program.chmod(0o755)
        hidden = ("ATELIER_HOME", "XDG_DATA_HOME")
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in hidden},
            "HOME": str(self.home),
            "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
            "PATH": f"{folder}:{os.environ['PATH']}",
            "PYTHONPATH": str(self.site),
            "TMPDIR": str(folder),
        }

    def run(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run a command line to its end."""
        return subprocess.run(
            ["bash", "-c", line], cwd=self.here, env=self.environment, capture_output=True, text=True
        )

    def start(self, line: str) -> subprocess.Popen[str]:
        """Start a command line that serves until SIGTERM; its stdout and stderr are one pipe."""
        return subprocess.Popen(
            shlex.split(f"exec {line}")[1:],
            cwd=self.here,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
