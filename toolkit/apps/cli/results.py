"""Show or export stored measurements; no runtime is needed."""

from __future__ import annotations

import argparse
from pathlib import Path

from toolkit.apps.cli.output import print_measurements, print_rows
from toolkit.apps.cli.parser import Parser
from toolkit.contracts.outcome import Status
from toolkit.core.errors import InvalidValue, unknown
from toolkit.results.rows.frame import export_csv
from toolkit.results.store.store import Store
from toolkit.results.tables.percentiles import percentile_table


def configure(parser: Parser, arguments: list[str]) -> None:
    summaries = {"show": "print the tables", "export": "write every measurement to a file"}
    show, export = parser.add_actions(summaries)
    show.add_argument("operations", nargs="*", metavar="OPERATION", help="default: all operations")
    show.add_argument("--backend", metavar="NAME", help="show only the measurements on this backend")
    show.add_argument("--status", choices=tuple(Status), help="show only the measurements with this status")
    percentiles_help = "print the percentiles of latency instead of the other tables"
    show.add_argument("--percentiles", action="store_true", help=percentiles_help)
    show.add_json()
    file_help = ".csv: one row for each trial; .json: all raw samples"
    export.add_argument("file", type=Path, metavar="FILE", help=file_help)
    export.add_argument("--force", action="store_true", help="overwrite FILE")
    show.add_store()
    export.add_store()


def run(args: argparse.Namespace) -> None:
    store = Store(args.store)
    if args.action == "export":
        _export(store, args.file, force=args.force)
        if not args.quiet:
            print(f"{args.file}: {len(store)} measurements")
        return
    # A stored operation may be a plug-in that is not loaded now, so names are looked up in the store.
    stored = {m.trial.operation for m in store.latest()}
    for name in args.operations:
        if stored and name not in stored:
            raise unknown("operation in this store", name, stored)
    found = store.find(operation=args.operations or None, backend=args.backend, status=args.status)
    if args.percentiles and found:
        print_rows(percentile_table(found), as_json=args.json)
    else:
        print_measurements(found, as_json=args.json)


def _export(store: Store, file: Path, *, force: bool) -> None:
    suffix = file.suffix.lower()
    if suffix not in (".csv", ".json"):
        raise InvalidValue(f"export must go to a .csv or .json file; got {str(file)!r}.")
    if file.exists() and not force:
        raise InvalidValue(f"export must go to a new file; {str(file)!r} exists. Overwrite it with --force.")
    if suffix == ".csv":
        export_csv(store.latest(), file)
    else:
        store.export_json(file)
