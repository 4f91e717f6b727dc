"""Entry point of the command line: find the command, import only its module, print each error as one sentence.

``atelier --help`` imports neither numpy nor any runtime.
"""

from __future__ import annotations

import importlib
import os
import shlex
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from toolkit import __version__
from toolkit.apps.cli import streams
from toolkit.apps.cli.parser import Parser
from toolkit.core.errors import AtelierError

COMMANDS = {
    "list": "list operations, backends, executors and photos",
    "apply": "run one operation on pictures",
    "batch": "run one operation over a folder of pictures; continue after an interruption",
    "evaluate": "compare an operation's pictures with ground truth, as papers do",
    "bench": "measure every combination of given settings, and store the results",
    "tune": "search for the fastest settings within limits, and write a configuration to deploy",
    "compare": "tell whether trial B is faster than trial A, and how certain that is",
    "gate": "tell whether the working tree is slower or worse, or needs more memory, than a commit, for CI",
    "ab": "compare two versions of a package, such as two versions of OpenCV",
    "encode": "measure time, size and quality of each picture format",
    "capacity": "compute the workers and machines that a rate of pictures needs",
    "load": "measure the latency or the capacity of a web service, from outside",
    "work": "run pictures that other machines send through a queue",
    "results": "show, export, merge or delete the stored measurements",
    "history": "show how times changed over months of runs, and the possible causes of the changes",
    "report": "run a notebook and write its report",
    "serve": "serve operations over HTTP, with a web page; jobs survive overload, kills and restarts",
    "schedule": "make a report at fixed times: print or install lines for cron and systemd, or run in the foreground",
    "warm": "compile the kernels of operations now instead of in the first call",
    "weights": "list, fetch, verify or import the published weights of models",
    "cache": "show or clear the cache: reference outputs, models, compiled kernels, weights",
    "doctor": "show this machine, its default backends, and the threads that runtimes use",
}
"""The help line of each command. A module of the same name in this package implements the command."""

_JOBS = ("apply", "batch", "bench", "compare", "evaluate", "load", "report", "serve", "tune", "warm", "work")
"""Commands that also write files; a closed pipe does not change their exit code."""

INTERRUPTED = 130
TERMINATED = 143
PIPE_CLOSED = 141


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Words of the command line; default: the arguments of this process.

    Returns
    -------
    int
        Exit code: 0 after success; the `exit_code` of an `AtelierError`; 130 after Ctrl-C; 141 if the reader of a pipe
        closed the pipe before a command that only prints had finished.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    loud = any(word == "--verbose" or (word[:2] == "-v" and set(word[1:]) == {"v"}) for word in given)
    try:
        streams.prepare()
        _clean_up_when_terminated()
        _have_a_home_folder()
        code = _run(given)
        sys.stdout.flush()
        return PIPE_CLOSED if streams.has_lost_its_reader() and _command(given) not in _JOBS else code
    except AtelierError as error:
        return _refuse(str(error), error.exit_code, loud)
    except ModuleNotFoundError as error:
        if (error.name or "toolkit").partition(".")[0] == "toolkit":
            raise
        sentence = f"this command needs {error.name}, which is not installed; run pip install -e '.[all]'."
        return _refuse(sentence, 3, loud)
    except KeyboardInterrupt as error:
        return _refuse(str(error) or "interrupted.", INTERRUPTED, False)


def _run(given: list[str]) -> int:
    parser = Parser(prog="atelier", description="Measure picture operations, and show the measurements.")
    parser.add_argument("--version", action="version", version=f"atelier {__version__}")
    parser.add_verbosity()
    named = _command(given)
    subparsers = parser.add_subparsers(metavar="COMMAND")
    module = None
    for name, summary in COMMANDS.items():
        command = subparsers.add_parser(name, help=summary)
        if name == named:
            module = importlib.import_module(f"{__package__}.{name}")
            command.description = (module.__doc__ or "").partition("\n")[0]
            command.add_verbosity()
            module.configure(command, given[given.index(name) + 1 :])
    args = parser.parse_args(given)
    if module is None:
        parser.print_help()
        return 0
    args.typed = shlex.join(["atelier", *given])
    _set_logging(vars(args).setdefault("verbose", 0), vars(args).setdefault("quiet", False))
    return module.run(args) or 0


def _clean_up_when_terminated() -> None:
    """Make SIGTERM and SIGHUP raise SystemExit, so that this process deletes incomplete files before it ends."""

    def end(*_: object) -> NoReturn:
        raise SystemExit(TERMINATED)

    with suppress(ValueError):  # only the main thread may set a signal handler
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:  # under nohup SIGHUP is ignored
                signal.signal(number, end)


def _have_a_home_folder() -> None:
    """Give a user without a home folder a temporary home folder, because libraries fail without a home folder."""
    try:
        Path.home()
    except RuntimeError:
        from toolkit.core.folders import temporary_folder

        os.environ["HOME"] = str(temporary_folder())


def _command(given: list[str]) -> str | None:
    return next((word for word in given if not word.startswith("-")), None)


def _set_logging(verbose: int, quiet: bool) -> None:
    import logging

    level = logging.ERROR if quiet else (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
    name = "%(name)s" if verbose else "atelier"
    logging.basicConfig(format=f"{name}: %(message)s", level=logging.WARNING)
    logging.getLogger("toolkit").setLevel(level)


def _refuse(sentence: str, code: int, loud: bool) -> int:
    if loud:
        import traceback

        traceback.print_exc()
    print(f"atelier: {sentence}", file=sys.stderr)
    return code
