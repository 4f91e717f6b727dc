"""Define options that several commands share: parameters of an operation, backend, threads, input pictures."""

from __future__ import annotations

import argparse
import itertools
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from toolkit.analysis.design import BUDGET_S
from toolkit.apps.cli.parser import Parser, checked, reads
from toolkit.contracts.notation import parse_size
from toolkit.contracts.operation import OPERATIONS, load_plugin
from toolkit.contracts.trial_keys import KEYS
from toolkit.core.choices import Device, Precision
from toolkit.core.params import Param, Value

T = TypeVar("T")

UNFINISHED = 5
"""Exit code of a command that did not measure all requested trials."""


def load_plugins(args: argparse.Namespace) -> tuple[tuple[str, str], ...]:
    """Load the files of ``--plugin``; returns the path and SHA-256 of each."""
    return tuple((path, load_plugin(path)) for path in args.plugin)


def reads_key(name: str) -> Callable[[str], Value]:
    """Make the argparse type of an option that sets one setting of a trial, such as ``threads``."""
    return reads(KEYS[name], "a trial")


def reads_keys(name: str) -> Callable[[str], tuple[Value, ...]]:
    """Make the argparse type of an option with several values of one setting, joined by commas: ``1,2``."""
    reader = reads_key(name)
    return lambda text: tuple(reader(part) for part in text.split(","))


def names(text: str) -> tuple[str, ...]:
    """Split the value of an option with several names, joined by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def joined(given: Iterable[Iterable[T]]) -> tuple[T, ...]:
    """Join the values of an option that were separated by commas, spaces or both, without repeats."""
    return tuple(dict.fromkeys(itertools.chain.from_iterable(given)))


def add_input(group: argparse._ActionsContainer, *, nargs: str | None = None) -> None:
    """Add the options for input pictures: the photos, and one size or, with ``nargs="+"``, several sizes."""
    sizes = group.add_mutually_exclusive_group()
    mp_help = "size of the input picture at 4:3, millions of pixels; default 1"
    sizes.add_argument("--megapixels", nargs=nargs, type=reads_key("megapixels"), metavar="MP", help=mp_help)
    px_help = "size of the input picture in px, instead of megapixels"
    sizes.add_argument("--size", nargs=nargs, type=checked(parse_size), metavar="WxH", help=px_help)
    images_help = "photos on which the operation runs in turn; default: two sample photos"
    group.add_argument("--images", nargs="+", default=[], metavar="NAME", help=images_help)


def add_budget(parser: Parser, what: str) -> None:
    """Add ``--budget``: the longest time of the rounds in which two trials or versions are compared."""
    budget = Param(name="budget", default=BUDGET_S, low=1.0, high=1e5, unit="s")
    text = f"longest time of {what}, s; default {BUDGET_S:.0f}"
    reader = reads(budget, parser.prog)
    parser.add_argument("--budget", type=reader, default=BUDGET_S, metavar="SECONDS", help=text)


def is_key(text: str) -> bool:
    """Whether a text is the key of a stored measurement, and not the name of an operation."""
    return re.fullmatch(r"[0-9a-f]{16}", text) is not None


def add_freshness(group: argparse._ActionsContainer) -> None:
    """Add the options ``--fresh`` and ``--partial-ok``."""
    fresh_help = "measure everything again; if the command is killed, repeat it within 12 hours to continue"
    group.add_argument("--fresh", action="store_true", help=fresh_help)
    partial_help = f"exit with code 0, not {UNFINISHED}, if the time budget leaves some rows unmeasured"
    group.add_argument("--partial-ok", action="store_true", help=partial_help)


def unfinished(args: argparse.Namespace, *, n_missing: int, n_asked: int) -> int:
    """Print how many requested measurements are missing, and the command that continues; returns the exit code."""
    if not n_missing:
        return 0
    said = (
        f"atelier: partial: {n_asked - n_missing} of {n_asked} rows are measured; continue with: {args.typed}"
    )
    print(said, file=sys.stderr)
    return 0 if args.partial_ok else UNFINISHED


def is_configured(arguments: list[str]) -> bool:
    """Whether the words of a command name a configuration, which replaces the operation and its settings."""
    return any(word == "--config" or word.startswith("--config=") for word in arguments)


def add_config(parser: Parser, arguments: list[str], *, usage: str) -> bool:
    """Add ``--config``; returns whether the option is given; if so, the command takes no operation and no settings."""
    config_help = "a configuration that atelier tune wrote, in place of OPERATION and its settings"
    parser.add_argument("--config", metavar="FILE", help=config_help)
    if is_configured(arguments):
        parser.usage = usage.replace("OPERATION", "--config FILE").replace(" [--parameter VALUE ...]", "")
    return is_configured(arguments)


def add_operation_options(parser: Parser, arguments: list[str], *, usage: str) -> None:
    """Add the options for an operation's parameters, backend and threads; call this function after all other options.

    Parameters
    ----------
    arguments : list of str
        The words after the command's name; the name of the operation among them decides which parameters exist.
    usage : str
        The usage line, with the word ``OPERATION`` in place of the operation's name.
    """
    add = parser.add_argument
    add(
        "--backend",
        metavar="NAME",
        help="name of a backend; default: the backend that the operation prefers at the picture's size",
    )
    threads_help = "number of threads; default: one for each processor that this process may use"
    add("--threads", type=reads_key("threads"), metavar="N", help=threads_help)
    precision_help = f"number format of models: {', '.join(Precision)}; default {Precision.FP32}"
    add("--precision", metavar="NAME", default=Precision.FP32, help=precision_help)
    add(
        "--device",
        metavar="NAME",
        default=Device.CPU,
        help=f"processor: {' or '.join(Device)}; default {Device.CPU}",
    )
    parser.add_plugins()
    # The operation decides which options exist, so the operation is looked up before the parser is complete.
    typed = parser.first_argument(arguments)
    load_plugins(typed)
    parser.usage = usage
    if typed.first is None:
        parser.epilog = f"Each operation has parameters of its own: {parser.prog} OPERATION --help"
        return
    operation = OPERATIONS[typed.first]
    parser.usage = usage.replace("OPERATION", operation.name)
    parser.description = operation.summary
    parser.add_params(operation.params, operation.name)
    if operation.presets:
        names = "{" + ",".join(operation.presets) + "}"
        preset_help = "a named set of parameter values; options for single parameters override the set"
        add("--preset", dest="param:preset", metavar=names, help=preset_help)


def params_of(args: argparse.Namespace) -> dict[str, Any]:
    """The operation's parameters that the user gave, including ``preset``."""
    given = {name.partition(":")[2]: value for name, value in vars(args).items() if name.startswith("param:")}
    return {name: value for name, value in given.items() if value is not None}


def placement_of(args: argparse.Namespace) -> dict[str, Any]:
    """Backend, threads, precision and device from the options, as arguments of `toolkit.apply`."""
    return {name: getattr(args, name) for name in ("backend", "threads", "precision", "device")}
