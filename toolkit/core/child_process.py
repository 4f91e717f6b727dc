"""Child processes that run a module of this package, and end when their parent ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def module_command(module: str, *arguments: str) -> list[str]:
    """The command that runs a module in a new process with the same Python interpreter.

    The working folder is not on the child's import path: a file in it could hide a module.

    >>> module_command("json.tool", "a.json")[1:]
    ['-P', '-m', 'json.tool', 'a.json']
    """
    return [sys.executable, "-P", "-m", module, *arguments]


def module_environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of this process with `variables` added; a child with this environment imports this package."""
    return {**os.environ, **(variables or {}), "PYTHONPATH": python_path()}


def python_path() -> str:
    """``PYTHONPATH`` with the absolute path of the folder that contains this package at the front."""
    package = Path(__file__).parents[2]
    return os.pathsep.join(filter(None, [str(package), os.environ.get("PYTHONPATH")]))


def die_with_parent(parent: int | None = None) -> None:
    """Make the kernel kill this process when its parent ends for any reason; does nothing outside Linux.

    Parameters
    ----------
    parent : int, optional
        The process id of the parent. If it is given and the parent has already ended, this process ends at once.
    """
    if sys.platform == "linux":
        parent = parent or os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent ended before the call
            os._exit(1)
