"""Child processes that run a module of this package, and end when their parent ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

SOURCE = Path(__file__).parents[2]
"""The folder that contains the package ``toolkit``."""

_PR_SET_PDEATHSIG = 1


def module_command(module: str, *arguments: str, python: str = "") -> list[str]:
    """The command that runs a module in a new process, by default with the interpreter of this process.

    The option ``-P`` keeps the working folder out of the child's import path, because a file there could hide a module.

    >>> module_command("json.tool", "a.json")[1:]
    ['-P', '-m', 'json.tool', 'a.json']
    """
    return [python or sys.executable, "-P", "-m", module, *arguments]


def module_environment(
    variables: Mapping[str, str] | None = None, *, source: Path = SOURCE
) -> dict[str, str]:
    """Environment variables for a child process that imports this package: those of this process, plus `variables`.

    Parameters
    ----------
    source : Path
        Folder that contains the package ``toolkit``; default: the folder of this process's own package.
    """
    return {**os.environ, **(variables or {}), "PYTHONPATH": python_path(source)}


def python_path(source: Path = SOURCE) -> str:
    """The value of ``PYTHONPATH`` after the absolute path of the folder that contains this package is put in front."""
    return os.pathsep.join(filter(None, [str(source), os.environ.get("PYTHONPATH")]))


def die_with_parent(parent: int | None = None) -> None:
    """On Linux, make the kernel kill this process when the parent process ends, for whatever reason.

    Parameters
    ----------
    parent : int, optional
        The process id of the parent. If the parent has already ended, this process ends at once; without `parent`, a
        parent that ended before the call is not noticed.
    """
    if sys.platform == "linux":
        parent = parent or os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent process ended before this function was called
            os._exit(1)
