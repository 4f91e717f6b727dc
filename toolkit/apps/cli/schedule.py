"""Print a cron line, and a systemd service with its timer, that make a report at fixed times."""

from __future__ import annotations

import argparse

from toolkit.apps.cli.parser import Parser
from toolkit.apps.cli.report import add_notebook
from toolkit.apps.schedule import schedule


def configure(parser: Parser, arguments: list[str]) -> None:
    add_notebook(parser)
    cron_help = 'times of the report: five cron fields, such as "0 3 * * *", or @daily'
    parser.add_argument("--cron", required=True, metavar="EXPRESSION", help=cron_help)


def run(args: argparse.Namespace) -> None:
    print(schedule(args.name, cron=args.cron, preset=args.preset, parameters=dict(args.parameter)))
