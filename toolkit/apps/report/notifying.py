"""Run a command, with a summary as JSON on its stdin, if a report failed, is incomplete, or raises an alert."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from toolkit.core.files import to_json

_LONGEST_S = 60.0
_SUMMARY = ("notebook", "title", "status", "state", "error", "started", "took_s", "command", "alerts")


def deserves_notice(facts: Mapping[str, Any]) -> bool:
    """Whether a report failed, lacks rows, or raises an alert.

    Parameters
    ----------
    facts : mapping
        Content of the report's ``report.json``.
    """
    return facts.get("status") != "ok" or facts.get("state") == "partial" or bool(facts.get("alerts"))


def notify(command: str, facts: Mapping[str, Any], page: Path, tell: Callable[[str], None]) -> None:
    """Run a shell command with the summary of a report on its stdin.

    Parameters
    ----------
    command : str
        A shell command, for example ``mail -s atelier me@example.org``.
    facts : mapping
        Content of the report's ``report.json``.
    page : Path
        File of the report's page.
    tell : callable
        A function that receives a sentence if the command fails; the report is complete nevertheless.
    """
    summary = {name: facts[name] for name in _SUMMARY if facts.get(name)} | {"page": str(page)}
    try:
        done = subprocess.run(
            command,
            shell=True,
            input=to_json(summary),
            text=True,
            capture_output=True,
            timeout=_LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        tell(f"--notify: {command!r} did not end within {_LONGEST_S:.0f} s and was stopped.")
        return
    if done.returncode:
        said = done.stderr.strip().splitlines()
        tell(
            f"--notify: {command!r} ended with exit code {done.returncode}: "
            f"{said[-1] if said else 'the command printed no reason'}"
        )
