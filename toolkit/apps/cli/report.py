"""Run a notebook and write its output as an HTML report."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from toolkit.apps.cli.parser import Parser
from toolkit.apps.cli.shared_options import add_freshness, unfinished
from toolkit.apps.report.reports_folder import facts_of
from toolkit.apps.report.run import report


def configure(parser: Parser, arguments: list[str]) -> None:
    add_notebook(parser)
    add_freshness(parser)
    add_notify(parser)


def add_notify(parser: Parser) -> None:
    """``--notify``."""
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
    return unfinished(args, n_missing=facts["n_missing"], n_asked=facts["n_asked"])
