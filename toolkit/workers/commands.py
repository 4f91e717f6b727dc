"""Answer commands that arrive as JSON lines on stdin, in a worker process.

Answers leave as JSON lines on the original stdout: file descriptor 1 then points to stderr, so that no library's output
breaks an answer. The process ends when the process that started it ends: on Linux the system kills it, and on other
systems its stdin closes.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import asdict
from typing import TextIO

from toolkit.contracts.outcome import Cause
from toolkit.core.child_process import die_with_parent
from toolkit.core.errors import AtelierError

_answers: TextIO


def answer(**message: object) -> None:
    """Write the answer to one command, as a line of JSON."""
    _answers.write(json.dumps(message, default=asdict) + "\n")
    _answers.flush()


def answer_commands(worker: object) -> None:
    """Answer commands until stdin closes: each command names a method of `worker`, and the method's arguments.

    Parameters
    ----------
    worker : object
        Object whose methods are the commands; its attribute ``lighter_way`` tells the user how to use less
        memory, and is part of the error message when memory runs out.
    """
    global _answers
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started this process handles Ctrl-C
    _answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    answer(answer=None)
    for line in sys.stdin:
        if not line.strip():
            continue
        command = json.loads(line)
        try:
            answer(answer=getattr(worker, command.pop("do"))(**command))
        except MemoryError:
            lighter_way = getattr(worker, "lighter_way", "")
            answer(error=f"ran out of memory. {lighter_way}".rstrip(), cause=Cause.DIED)
        except Exception as error:
            text = str(error).strip().replace("\n", " ")
            said = text if isinstance(error, AtelierError) else f"{type(error).__name__}: {text}"
            answer(error=said, cause=Cause.of(error))
