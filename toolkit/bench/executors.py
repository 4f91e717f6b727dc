"""Choose, for an operation in a sweep, the executors and their numbers of workers and of pictures in a call."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.contracts.operation import Operation
from toolkit.contracts.trial import Trial
from toolkit.contracts.trial_keys import USUAL_EXECUTOR
from toolkit.core.errors import invalid
from toolkit.workers.executor import EXECUTORS

GATHERING = "micro_batch"
"""The executor that runs several pictures in one call of a network."""
RENEWING = "process_per_job"
"""The executor that starts a process for each call."""
ELSEWHERE = ("celery", "dask")
"""Executors that may run on other machines; a sweep over all executors of this machine leaves them out."""


def executors_for(asked: Sequence[str], operation: Operation) -> list[str]:
    """Names of the executors in `asked`; ``all`` stands for every executor of this machine that suits the operation.

    Raises
    ------
    UnknownName
    """
    if "all" not in asked:
        for name in asked:
            require_executor(name)
        return list(asked)
    without = {*ELSEWHERE, *(() if operation.network else (GATHERING,))}
    return [USUAL_EXECUTOR, *(name for name in EXECUTORS if name not in {*without, USUAL_EXECUTOR})]


def workers_for(executor: str, asked: Sequence[int]) -> list[int]:
    """The numbers of workers in `asked` that the executor allows; if it allows none, all numbers in `asked`."""
    most = None if executor == USUAL_EXECUTOR else EXECUTORS[executor].most_workers
    return [n for n in asked if most is None or n <= most] or list(asked)


def batches_for(executor: str, asked: Sequence[int]) -> list[int]:
    """The numbers of pictures in one call, from `asked`, that suit the executor.

    Only the executors processes and micro_batch run several pictures in one call of a network.
    """
    if executor == USUAL_EXECUTOR:
        return list(asked)
    if executor == GATHERING:
        usual = {option.name: option.default for option in EXECUTORS[executor].options}["together"]
        return [n for n in asked if n > 1] or [int(usual)]
    return [1]


def require_executor(name: str) -> None:
    """Raise `UnknownName` unless there is an executor of this name."""
    if name != USUAL_EXECUTOR:
        EXECUTORS[name]


def check_executor(trial: Trial) -> None:
    """Raise an error if the executor of a trial cannot run the trial.

    Raises
    ------
    UnknownName, InvalidValue
    """
    require_executor(trial.executor)
    if trial.batch > 1 and trial.executor not in (USUAL_EXECUTOR, GATHERING):
        hint = f"Only the executors {USUAL_EXECUTOR} and {GATHERING} run several pictures in one call."
        raise invalid("batch", f"executor {trial.executor}", "1", trial.batch, hint)
