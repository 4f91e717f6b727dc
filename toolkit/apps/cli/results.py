"""Show, export, pack, merge, prune or delete stored measurements, without any runtime installed."""

from __future__ import annotations

import argparse
from pathlib import Path

from toolkit.apps.cli.output import print_measurements, print_rows
from toolkit.apps.cli.parser import Parser
from toolkit.apps.cli.results_keeping import KEEPING, configure_keeping, confirmed
from toolkit.apps.cli.shared_options import is_key
from toolkit.contracts.outcome import Status
from toolkit.core import units
from toolkit.core.errors import InvalidValue, unknown
from toolkit.results.rows.frame import export_csv
from toolkit.results.store.store import Store
from toolkit.results.tables.history import history_table
from toolkit.results.tables.percentiles import percentile_table


def configure(parser: Parser, arguments: list[str]) -> None:
    summaries = {
        "show": "print tables of the stored measurements",
        "export": "write every measurement to a CSV or JSON file",
        "pack": "write every measurement into one file, to be merged into the store of another machine",
        "merge": "add the measurements of another machine to this store",
        "prune": "drop the raw samples of old measurements and keep the medians",
        "forget": "delete measurements",
    }
    show, export, pack, merge, prune, forget = parser.add_actions(summaries)
    show.add_argument(
        "operations", nargs="*", metavar="OPERATION", help="names of operations; default: all operations"
    )
    show.add_argument("--backend", metavar="NAME", help="show only the measurements on this backend")
    show.add_argument("--status", choices=tuple(Status), help="show only the measurements with this status")
    percentiles_help = "print the percentiles of latency instead of the other tables"
    show.add_argument("--percentiles", action="store_true", help=percentiles_help)
    all_help = "print all measurements by time, including older measurements of the same trial"
    show.add_argument("--all", action="store_true", help=all_help)
    show.add_json()
    file_help = "the file to write: .csv has one row for each trial, .json has all raw samples"
    export.add_argument("file", type=Path, metavar="FILE", help=file_help)
    export.add_argument("--force", action="store_true", help="overwrite FILE")
    filter_help = "what to delete: OPERATION, OPERATION@BACKEND, @BACKEND, or the key of a trial"
    forget.add_argument("filter", metavar="FILTER", help=filter_help)
    forget.add_argument(
        "--status", choices=tuple(Status), help="delete only the measurements with this status"
    )
    forget.add_argument("--yes", action="store_true", help="delete the measurements without asking first")
    configure_keeping(pack=pack, merge=merge, prune=prune)
    for action in (show, export, pack, merge, prune, forget):
        action.add_store()


def run(args: argparse.Namespace) -> None:
    store = Store(args.store)
    if args.action in KEEPING:
        KEEPING[args.action](store, args)
        return
    if args.action == "export":
        _export(store, args.file, force=args.force)
        if not args.quiet:
            print(f"{args.file}: wrote {len(store)} measurements")
        return
    if args.action == "forget":
        _forget(store, args.filter, status=args.status, is_sure=args.yes)
        return
    # A stored operation may be a plug-in that is not loaded now, so names are checked against the store.
    stored = {m.trial.operation for m in store.latest()}
    for name in args.operations:
        if stored and name not in stored:
            raise unknown("operation in this store", name, stored)
    found = store.find(
        operation=args.operations or None, backend=args.backend, status=args.status, all_times=args.all
    )
    if args.all and found:
        print_rows(history_table(found), as_json=args.json)
    elif args.percentiles and found:
        print_rows(percentile_table(found), as_json=args.json)
    else:
        print_measurements(found, as_json=args.json)


def _forget(store: Store, text: str, *, status: str | None, is_sure: bool) -> None:
    operation, _, backend = text.partition("@")
    named = {"key": text} if is_key(text) else {"operation": operation or None, "backend": backend or None}
    wanted = {"key": None, "operation": None, "backend": None, **named, "status": status}
    found = store.find(**wanted, all_times=True) if text.strip("@") else []
    if not found:
        names = ", ".join(sorted({m.trial.operation for m in store.latest()})) or "no operation"
        raise InvalidValue(
            f"'FILTER' of results forget must match a measurement; {text!r} matches no measurement in {store.path}. "
            f"The store has measurements of {names}."
        )
    n_trials = len({m.key for m in found})
    what = f"{units.counted(len(found), 'measurement')} of {units.counted(n_trials, 'trial')} in {store.path}"
    question = f"Delete {what}? This cannot be undone."
    if not confirmed(question, f"results forget must be confirmed: it would delete {what}.", is_sure=is_sure):
        print("No measurement was deleted.")
        return
    n_forgotten = store.forget(**wanted)
    print(f"Deleted {units.counted(n_forgotten, 'measurement')}.")


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
