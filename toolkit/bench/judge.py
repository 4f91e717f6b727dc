"""Judging timed outputs: which rules decide whether a picture is right, and the question that they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolkit.bench import agreement, ground_truth
from toolkit.contracts import identity, tolerance
from toolkit.contracts.trial import Trial

_RULES = tuple(Path(str(module.__file__)) for module in (agreement, tolerance))
_RULES_OF_TASKS = (Path(str(ground_truth.__file__)),)


def question_id(trial: Trial, machine: Mapping[str, Any]) -> str:
    """What must be equal for two answers to `trial` to be one: its environment, and the rules that judge it.

    Parameters
    ----------
    machine : mapping
        A `fingerprint`, also after a trip through JSON.

    Returns
    -------
    str
        12 hex digits; see `toolkit.contracts.identity.environment_id`.
    """
    has_truth = bool(trial.op.task)
    return identity.environment_id(trial, machine, judged_by=_RULES + _RULES_OF_TASKS * has_truth)
