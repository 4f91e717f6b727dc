"""Run a notebook and write its report."""

from __future__ import annotations

import argparse
from pathlib import Path

from toolkit.apps.cli.parser import Parser
from toolkit.apps.report.run import report


def configure(parser: Parser, arguments: list[str]) -> None:
    add_notebook(parser)


def add_notebook(parser: Parser) -> None:
    """The arguments that name a notebook and its parameters."""
    parser.add_argument(
        "name", metavar="NAME", help="a notebook, such as 10_resolution, with or without its number"
    )
    parser.add_argument(
        "-p", "--parameter", nargs=2, action="append", default=[], metavar=("KEY", "VALUE"),
        help="a value for the notebook's parameters cell; wins over the preset",
    )  # fmt: skip
    parser.add_argument(
        "-f", "--preset", metavar="FILE", help="YAML with values, or the name of a shipped preset"
    )


def preset_of(args: argparse.Namespace) -> Path | None:
    return None if args.preset is None else Path(args.preset)


def run(args: argparse.Namespace) -> None:
    page = report(args.name, parameters=dict(args.parameter), preset=preset_of(args), quiet=args.quiet)
    print(page)
