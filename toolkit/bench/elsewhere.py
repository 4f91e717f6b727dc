"""A program that measures trials for another computer: it reads a request from stdin and writes an answer to stdout.

The program is started as ``python -m toolkit.bench.elsewhere`` in a measuring slot of a cluster. The working folder of
the program has the photos and plug-ins of the trials. The last line that the program writes to stdout is the answer.
The program ends when its parent process ends.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from toolkit.bench.candidate import ColdStarts, compiles_as
from toolkit.bench.judge import question_id
from toolkit.bench.plan import Plan
from toolkit.bench.sweep import sweep
from toolkit.contracts.fingerprint import fingerprint
from toolkit.contracts.identity import NODE
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.operation import load_plugin
from toolkit.contracts.trial import Trial
from toolkit.core.child_process import die_with_parent
from toolkit.core.errors import AtelierError, InvalidValue
from toolkit.core.files import plain


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer one request of another computer to measure trials.

    Parameters
    ----------
    request : mapping
        ``node``: name of the machine. ``trials``: results of `Trial.to_dict`. With ``plan``, the trials are measured;
        ``cold_starts`` are pairs of a trial and the duration of its first call with an empty cache, s.

    Returns
    -------
    dict
        Without a plan: ``fingerprint``, and the ``environment_ids`` of the trials. With a plan: ``measurements``.
    """
    trials = [_loaded(plain) for plain in request["trials"]]
    if request.get("plan") is None:
        machine = _machine(request["node"])
        return {
            "fingerprint": machine,
            "environment_ids": [question_id(trial, machine) for trial in trials],
        }
    known: ColdStarts = {
        compiles_as(Trial.from_dict(plain)): seconds for plain, seconds in request["cold_starts"]
    }
    measured = sweep(trials, plan=Plan(**request["plan"]), cold_starts=known, on_wait=lambda sentence: None)
    return {"measurements": [_of_node(m, request["node"]).to_dict() for m in measured]}


def _loaded(plain: Mapping[str, Any]) -> Trial:
    trial = Trial.from_dict(plain)
    for path, sha in trial.plugins:
        if load_plugin(path) != sha:
            raise InvalidValue(f"plug-in {path!r} has changed since the sweep began.")
    return trial


def _machine(node: str) -> dict[str, Any]:
    return {**fingerprint(), NODE: node}


def _of_node(measurement: Measurement, node: str) -> Measurement:
    """Add the machine's name to the fingerprint of a measurement, so that rows of equal machines are not mixed."""
    machine = {**measurement.fingerprint, NODE: node}
    return replace(measurement, fingerprint=machine, environment_id=question_id(measurement.trial, machine))


def main() -> None:
    """Answer the request on stdin; meanwhile, text that libraries print to file descriptor 1 goes to stderr."""
    die_with_parent()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        given = answer(json.loads(sys.stdin.read()))
    except AtelierError as error:
        given = {"error": str(error)}
    answers.write(json.dumps(given, default=plain) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
