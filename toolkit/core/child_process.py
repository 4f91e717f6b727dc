"""Child processes that run a module of this very package, and end when the process that started them ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def module_command(module: str, *arguments: str) -> list[str]:
    """The command that runs a module in a new interpreter of the same kind.

    The working folder is not on the child's import path: a file there must not hide a module.

    >>> module_command("toolkit.machine.sentinel")[1:]
    ['-P', '-m', 'toolkit.machine.sentinel']
    """
    return [sys.executable, "-P", "-m", module, *arguments]


def module_environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of this process with `variables` set; a child started with it imports this very package."""
    return {**os.environ, **(variables or {}), "PYTHONPATH": python_path()}


def python_path() -> str:
    """``PYTHONPATH`` with the folder of this very package first, whatever the working folder is."""
    package = Path(__file__).parents[2]
    return os.pathsep.join(filter(None, [str(package), os.environ.get("PYTHONPATH")]))


def die_with_parent(parent: int | None = None) -> None:
    """Let the kernel kill this process when its parent ends, in whatever way it ends; Linux only.

    Parameters
    ----------
    parent : int, optional
        The parent's process id, where it is known: this process then ends at once if its parent has ended already.
    """
    if sys.platform == "linux":
        parent = parent or os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it has ended before the call
            os._exit(1)
