"""Show or export what was measured; nothing is measured here, and no runtime is needed."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from toolkit.apps.cli.output import print_json, print_measurements
from toolkit.apps.cli.parser import Parser
from toolkit.contracts.measurement import FAILED, OK, SKIPPED, Measurement
from toolkit.core.errors import InvalidValue, unknown
from toolkit.results.rows.frame import export_csv
from toolkit.results.store.store import Store


def configure(parser: Parser, arguments: list[str]) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    show = actions.add_parser("show", help="print the tables")
    show.add_verbosity()
    show.add_argument("operations", nargs="*", metavar="OPERATION", help="default: all of them")
    show.add_argument("--backend", metavar="NAME", help="rows of one backend")
    show.add_argument("--status", metavar="STATUS", help="ok, failed or skipped")
    show.add_argument(
        "--percentiles", action="store_true", help="the percentiles of latency, in place of the rest"
    )
    show.add_json()
    export = actions.add_parser("export", help="write every measurement to a file")
    export.add_verbosity()
    export.add_argument("file", metavar="FILE", help=".csv: one row a trial; .json: all raw samples")
    export.add_argument("--force", action="store_true", help="overwrite FILE")
    for action in (show, export):
        action.add_argument(
            "--store", metavar="PATH", help="default: data/results/atelier.sqlite in the checkout"
        )


def run(args: argparse.Namespace) -> None:
    store = Store(args.store)
    if args.action == "export":
        _export(store, Path(args.file), force=args.force, quiet=args.quiet)
        return
    if args.status not in (None, OK, FAILED, SKIPPED):
        raise unknown("status", args.status, (OK, FAILED, SKIPPED))
    measurements = store.latest()
    # What was measured may be a plug-in of another day, so names are held against the store.
    for name in args.operations if measurements else ():
        if name not in {m.trial.operation for m in measurements}:
            raise unknown("operation in this store", name, {m.trial.operation for m in measurements})
    found = store.find(operation=args.operations or None, backend=args.backend, status=args.status)
    if args.percentiles and found:
        _show_percentiles(found, as_json=args.json)
    else:
        print_measurements(found, as_json=args.json)


def _show_percentiles(found: Sequence[Measurement], *, as_json: bool) -> None:
    from toolkit.results.tables.percentiles import percentile_table

    table = percentile_table(found)
    if as_json:
        print_json(table.frame.to_dict("records"))
    else:
        print(table)


def _export(store: Store, file: Path, *, force: bool, quiet: bool) -> None:
    suffix = file.suffix.lower()
    if suffix not in (".csv", ".json"):
        raise InvalidValue(f"export must go to a .csv or .json file; got {str(file)!r}.")
    if file.exists() and not force:
        raise InvalidValue(f"export must go to a new file; {str(file)!r} exists. Overwrite it with --force.")
    if suffix == ".csv":
        export_csv(store.latest(), file)
    else:
        store.export_json(file)
    if not quiet:
        print(f"{file}: {len(store)} measurements")
