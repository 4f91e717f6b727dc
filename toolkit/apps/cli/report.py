"""Run a notebook and write its output as an HTML report."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

from toolkit.apps.cli.parser import Parser, checked, reads
from toolkit.apps.cli.shared_options import add_freshness, unfinished
from toolkit.apps.report.reports_folder import facts_of, retire
from toolkit.apps.report.run import report
from toolkit.core import units
from toolkit.core.params import Param
from toolkit.core.quantities import parse_age


def configure(parser: Parser, arguments: list[str]) -> None:
    add_notebook(parser)
    add_freshness(parser)
    add_notify(parser)
    add_retention(parser)


def add_notify(parser: Parser) -> None:
    """Add ``--notify``: a shell command to run if the report fails, is incomplete or has an alert."""
    notify_help = (
        "a shell command that gets a summary as JSON on stdin if the report fails, lacks rows or has an alert"
    )
    parser.add_argument("--notify", default="", metavar="COMMAND", help=notify_help)


def add_notebook(parser: Parser) -> None:
    """Add the arguments that name a notebook and its parameters."""
    add = parser.add_argument
    add("name", metavar="NAME", help="a notebook, such as 10_resolution, with or without its number")
    value_help = "a value for the notebook's parameters cell; overrides the value in the preset"
    add("-p", "--parameter", nargs=2, action="append", default=[], metavar=("KEY", "VALUE"), help=value_help)
    preset_help = "a YAML file with parameter values, or the name of a file in notebooks/presets"
    add("-f", "--preset", type=Path, metavar="FILE", help=preset_help)


def add_retention(parser: Parser) -> None:
    """Add ``--keep`` and ``--keep-last``, which delete old reports of the notebook."""
    age = checked(partial(parse_age, name="keep", owner=parser.prog))
    keep_help = "afterwards delete reports of this notebook older than 12h, 30d or 8w; measurements stay"
    parser.add_argument("--keep", type=age, metavar="AGE", help=keep_help)
    count = Param(name="keep-last", default=1, low=1, high=100_000)
    last_help = "afterwards delete all but the newest N reports, except those that --keep keeps"
    parser.add_argument("--keep-last", type=reads(count, parser.prog), metavar="N", help=last_help)


def run(args: argparse.Namespace) -> int:
    page = report(
        args.name,
        parameters=dict(args.parameter),
        preset=args.preset,
        fresh=args.fresh,
        quiet=args.quiet,
        notify_command=args.notify,
        tell=lambda sentence: print(sentence, file=sys.stderr),
    )
    print(page)
    facts = facts_of(page)
    reports = page.parent.parent
    gone = retire(reports, facts["notebook"], keep_s=args.keep, keep_last=args.keep_last)
    if gone and not args.quiet:
        print(
            (f"Deleted {units.counted(len(gone), 'old report')}; their measurements stay in the store."),
            file=sys.stderr,
        )
    return unfinished(args, n_missing=facts["n_missing"], n_asked=facts["n_asked"])
