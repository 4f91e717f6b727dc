"""Show the time of each trial over months of runs, lasting changes of this time, and their possible causes.

Each series (a trial on a machine) has one line with its newest runs as a small chart. Below the lines are the newest
alerts: the run, the size of the change, and differences in versions, sources, kernel or driver. The command measures
nothing.
"""

from __future__ import annotations

import argparse

from toolkit.apps.cli.output import print_json, print_table
from toolkit.apps.cli.parser import Parser
from toolkit.core import units
from toolkit.results.history.alerts import alerts
from toolkit.results.history.judged import History, histories
from toolkit.results.history.sparkline import sparkline
from toolkit.results.store.store_file import StoreFile, store_path
from toolkit.results.tables.series import NOTE, change_text, record

_MOST_ALERTS = 10


def configure(parser: Parser, arguments: list[str]) -> None:
    filter_help = (
        "show only trials or machines with this text in the name, such as oil_painting@opencv; default: all"
    )
    parser.add_argument("filter", nargs="?", default="", metavar="FILTER", help=filter_help)
    parser.add_store()
    parser.add_json()


def run(args: argparse.Namespace) -> None:
    file = StoreFile(store_path(args.store))
    found = histories(file, args.filter)
    if args.json:
        rows = [{**record(h), "newest_runs_s": h.shown_s} for h in found]
        print_json({"series": rows, "alerts": [alert.to_dict() for alert in alerts(found)]})
        return
    if not found:
        print(f"{file.path} holds no measurements; atelier bench OPERATION adds measurements.")
        return
    _print_series(found)
    shown = alerts(found, most=_MOST_ALERTS)
    n_all = sum(len(history.changes) for history in found)
    if not shown:
        print("\nNo change that lasts was found in the times of any trial.")
    for alert in shown:
        print(f"\n{alert}")
    if n_all > len(shown):
        print(
            f"\n{units.counted(n_all - len(shown), 'older alert')} not shown: atelier history --json prints all."
        )
    print(f"\n{NOTE}")


def _print_series(found: list[History]) -> None:
    several = len({h.series.machine for h in found}) > 1
    if not several:
        print(f"{found[0].series.machine_name}\n")
    headers = [
        "trial",
        *(["machine"] if several else []),
        "runs",
        "newest, UTC",
        "level",
        "newest runs",
        "last change",
    ]
    rows = [
        [
            h.series.trial,
            *([h.series.machine_name] if several else []),
            h.series.n_runs,
            h.last_date[:10],
            units.seconds(h.level_s),
            sparkline(h.shown_s),
            change_text(h.changes[-1] if h.changes else None),
        ]
        for h in found
    ]
    print_table(headers, rows, right=[headers.index("runs"), headers.index("level")])
