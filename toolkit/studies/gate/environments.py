"""Make a virtual environment from a list of requirements once, and keep the environment in the cache."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from toolkit.core.errors import Unavailable
from toolkit.core.folders import usable_cache_folder

_WHOLE = "whole"


def requirement_lines(file: Path) -> list[str]:
    """The requirements in a file, without comments and empty lines; an empty list if the file is missing."""
    if not file.exists():
        return []
    lines = (line.partition("#")[0].strip() for line in file.read_text().splitlines())
    return [line for line in lines if line]


def name_of(requirement: str) -> str:
    """The normalised package name in a requirement (PEP 503).

    >>> name_of("OpenCV_contrib.python==5.0.*")
    'opencv-contrib-python'
    """
    found = re.match(r"[A-Za-z0-9._-]+", requirement.strip())
    return "" if found is None else re.sub(r"[-_.]+", "-", found.group(0)).lower()


def environment_of(requirements: Sequence[str]) -> str:
    """The interpreter of a virtual environment with these requirements; a missing environment is made and cached.

    Raises
    ------
    Unavailable
        The requirements cannot be installed together.
    """
    text = "\n".join([sys.version, *sorted(requirements)])
    folder = usable_cache_folder("environments") / hashlib.sha256(text.encode()).hexdigest()[:16]
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not (folder / _WHOLE).exists():
        shutil.rmtree(folder, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(folder)])
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if requirements:
            _run([*pip, *requirements])
        (folder / _WHOLE).touch()
    return str(python)


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.splitlines()
        errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR")]
        said = errors[-1] if errors else (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        raise Unavailable(f"the virtual environment could not be made: {said}")
