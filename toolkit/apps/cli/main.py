"""Entry point: finds the command, imports its module alone, and turns every error into one sentence.

``atelier --help`` imports neither numpy nor any runtime.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

from toolkit import __version__
from toolkit.apps.cli.parser import Parser
from toolkit.core.errors import AtelierError, unknown

COMMANDS = {
    "list": ("list", "operations, backends and photos"),
    "apply": ("apply", "run one operation on one picture"),
    "bench": ("bench", "measure a grid of trials and keep the results"),
    "compare": ("compare", "is B faster than A, and how sure is that"),
    "results": ("results", "show or export what was measured"),
    "report": ("report", "run a notebook and write its report"),
    "schedule": ("schedule", "print the cron and systemd lines that make a report at fixed times"),
    "warm": ("warm", "compile ahead what the first call would compile"),
    "weights": ("weights", "published weights of models: which are here, how to get the others"),
    "cache": ("cache", "what can be made again: show or clear it"),
    "doctor": ("doctor", "this machine: what it can measure, and what runs best on it"),
}
"""Command to its module in this package and its one line of help."""

INTERRUPTED = 130
PIPE_CLOSED = 141


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Default: those of the process.

    Returns
    -------
    int
        Exit code: 0; an `AtelierError`'s own; 130 after Ctrl-C; 141 when the reader of a pipe left.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    loud = any(word == "--verbose" or (word[:2] == "-v" and set(word[1:]) == {"v"}) for word in given)
    try:
        code = _run(given)
        sys.stdout.flush()
        return code
    except AtelierError as error:
        return _refuse(str(error), error.exit_code, loud)
    except ModuleNotFoundError as error:
        if (error.name or "toolkit").partition(".")[0] == "toolkit":
            raise
        return _refuse(
            f"this needs {error.name}, which is not installed; run pip install -e '.[all]'.", 3, loud
        )
    except KeyboardInterrupt as error:
        return _refuse(str(error) or "interrupted.", INTERRUPTED, False)
    except BrokenPipeError:
        # What is still buffered has no reader; without this the interpreter complains at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED


def _run(given: list[str]) -> int:
    parser = Parser(prog="atelier", description="Measure picture operations, and show what was measured.")
    parser.add_argument("--version", action="version", version=f"atelier {__version__}")
    parser.add_verbosity()
    named = next((word for word in given if not word.startswith("-")), None)
    if named is not None and named not in COMMANDS:
        raise unknown("command", named, COMMANDS)
    subparsers = parser.add_subparsers(metavar="COMMAND")
    module = None
    for name, (module_name, summary) in COMMANDS.items():
        command = subparsers.add_parser(name, help=summary)
        if name == named:
            module = importlib.import_module(f"toolkit.apps.cli.{module_name}")
            command.description = (module.__doc__ or "").partition("\n")[0]
            command.add_verbosity()
            module.configure(command, given[given.index(name) + 1 :])
    args = parser.parse_args(given)
    if module is None:
        parser.print_help()
        return 0
    _set_logging(vars(args).setdefault("verbose", 0), vars(args).setdefault("quiet", False))
    return module.run(args) or 0


def _set_logging(verbose: int, quiet: bool) -> None:
    import logging

    level = logging.ERROR if quiet else (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
    logging.basicConfig(format="%(name)s: %(message)s", level=logging.WARNING)
    logging.getLogger("toolkit").setLevel(level)


def _refuse(sentence: str, code: int, loud: bool) -> int:
    if loud:
        import traceback

        traceback.print_exc()
    print(f"atelier: {sentence}", file=sys.stderr)
    return code
