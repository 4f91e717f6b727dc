"""A fresh process that runs one procedure or one probe of a case.

``python -m toolkit.studies.cases.procedure_process`` writes a line when it is ready, reads a job from a line of stdin,
writes its answer as a line, and ends when stdin closes, so that the caller can sample the memory of the
process and its children until then.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from toolkit.core.child_process import die_with_parent
from toolkit.core.errors import AtelierError, Unavailable, Unsupported
from toolkit.machine.memory import high_water_bytes
from toolkit.machine.process_tree import cpu_ticks, descendants
from toolkit.studies.cases.procedure import LONG_S, Answered, Handler


def main() -> None:
    """Read one job from stdin, run it, and write the answer."""
    die_with_parent()
    # Libraries may write to stdout, so the answers have a stream of their own.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    _tell(answers, {"ready": True})
    line = sys.stdin.readline()
    if not line:
        return
    job = json.loads(line)
    try:
        _take_probe(job, answers) if job.get("probe") else _run_procedure(job, answers)
    except AtelierError as error:
        is_missing = isinstance(error, Unavailable | Unsupported)
        _tell(answers, {"error": str(error), "is_missing": is_missing})
    except Exception as error:
        import traceback

        traceback.print_exc()
        _tell(answers, {"error": f"{type(error).__name__}: {error}"})


def _take_probe(job: dict[str, Any], answers: TextIO) -> None:
    from toolkit.studies.cases.register import case_of

    probe = case_of(job["case"]).probe(job["probe"])
    _tell(answers, {"facts": probe.take(job["settings"])})


def _run_procedure(job: dict[str, Any], answers: TextIO) -> None:
    from toolkit.studies.cases.register import case_of

    procedure = case_of(job["case"]).procedure(job["procedure"])
    began = time.perf_counter()
    with procedure.opened(job["settings"]) as handle:
        opened = time.perf_counter()
        answered, timed = timed_requests(
            handle, seconds=job["seconds"], most=job["most"], is_steady=procedure.is_steady
        )
        peak_bytes = peak_alone_bytes()
        if job["keep"]:
            with Path(job["keep"]).open("wb") as file:
                np.savez(file, **answered.pictures)
        _tell(answers, {"open_s": opened - began, **timed, "peak_bytes": peak_bytes})
        sys.stdin.readline()  # the children stay alive until the caller has sampled their memory


def timed_requests(
    handle: Handler, *, seconds: float, most: int, is_steady: bool = False
) -> tuple[Answered, dict[str, Any]]:
    """Time a first request, then more requests for some seconds; a steady request of `LONG_S` or more is not repeated.

    Returns
    -------
    Answered
        The pictures and stage times of the last request.
    dict
        ``first_s`` of the first request; ``samples_s``, ``stages_s`` and ``busy_cpus`` of the later requests, or of
        the first request if there is no other.
    """
    first, later = _timed(handle, seconds=0.0, most=1), None
    first_s = first["samples_s"][0]
    if not (is_steady and first_s >= LONG_S):
        later = _timed(handle, seconds=seconds, most=1 if first_s > seconds else most)
    found = dict(later or first)
    answered = found.pop("answered")
    return answered, {"first_s": first_s, **found}


def _timed(handle: Handler, *, seconds: float, most: int) -> dict[str, Any]:
    """Time requests for some seconds: at least one request, and at most `most` requests."""
    samples: list[float] = []
    stages = []
    ticks, started = cpu_ticks(os.getpid()) or 0, time.perf_counter()
    while len(samples) < most and (not samples or time.perf_counter() - started < seconds):
        before = time.perf_counter()
        answered = handle()
        samples.append(time.perf_counter() - before)
        stages.append(dict(answered.stages_s))
    spent_s = time.perf_counter() - started
    cpu_s = ((cpu_ticks(os.getpid()) or 0) - ticks) / os.sysconf("SC_CLK_TCK")
    return {
        "answered": answered,
        "samples_s": samples,
        "stages_s": _medians(stages),
        "busy_cpus": cpu_s / spent_s if spent_s else 0.0,
    }


def peak_alone_bytes() -> int | None:
    """Peak memory of this process, which the operating system counts; None if the process has or had children."""
    pid = os.getpid()
    had_children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss > 0
    if had_children or len(descendants([pid])) > 1:
        return None
    return high_water_bytes(pid).value


def _medians(stages: list[dict[str, float]]) -> dict[str, float]:
    names = list(dict.fromkeys(name for one in stages for name in one))
    return {name: float(np.median([one.get(name, 0.0) for one in stages])) for name in names}


def _tell(answers: TextIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
