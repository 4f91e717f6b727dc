"""The actions of ``atelier results`` that shrink a store or carry a store to another machine: pack, merge, prune."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from toolkit.apps.cli.parser import Parser, checked
from toolkit.core import units
from toolkit.core.errors import InvalidValue
from toolkit.core.quantities import parse_age
from toolkit.results.store.merging import merge, pack
from toolkit.results.store.pruning import prunable, prune
from toolkit.results.store.store import Store
from toolkit.results.store.store_file import StoreFile

_OLDER_THAN = "90d"
_PRUNE_RULE = (
    "A measurement loses its raw samples if it is older than --older-than and a newer measurement of the "
    "same trial in the same environment exists. Medians of processes, confidence intervals, throughput, "
    "memory and picture agreement stay, so tables and history keep their numbers; percentiles, busy cores and the "
    "times of single calls are lost."
)


def configure_keeping(*, pack: Parser, merge: Parser, prune: Parser) -> None:
    """Add the arguments of the actions pack, merge and prune."""
    pack.add_argument("file", type=Path, metavar="FILE", help="the new file to write, such as laptop.sqlite")
    pack.add_argument("--force", action="store_true", help="overwrite FILE")
    merge.add_argument(
        "file",
        type=Path,
        metavar="OTHER",
        help="a file that results pack wrote, or the store file of another machine",
    )
    as_help = (
        "name of the other machine; default: none, or the name of the file if the machine's hardware equals "
        "that of a machine in this store"
    )
    merge.add_argument("--as", dest="machine", default="", metavar="NAME", help=as_help)
    age = checked(partial(parse_age, name="older-than", owner="atelier results prune"))
    prune.description = _PRUNE_RULE
    older_help = (
        f"drop raw samples of measurements older than this age, such as 12h or 8w; default {_OLDER_THAN}"
    )
    prune.add_argument("--older-than", type=age, default=age(_OLDER_THAN), metavar="AGE", help=older_help)
    prune.add_argument("--yes", action="store_true", help="drop the raw samples without asking first")


def confirmed(question: str, refusal: str, *, is_sure: bool) -> bool:
    """Ask the user to confirm a change that cannot be undone; returns the answer.

    Raises
    ------
    InvalidValue
        There is no terminal at which to ask the user; the error message is `refusal`.
    """
    if is_sure:
        return True
    if not sys.stdin.isatty():
        raise InvalidValue(f"{refusal} Add --yes.")
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def _pack(store: Store, args: argparse.Namespace) -> None:
    file: Path = args.file
    if file.exists() and not args.force:
        raise InvalidValue(
            f"results pack must write a new file; {str(file)!r} exists. Overwrite it with --force."
        )
    n_rows = pack(store, file)
    if not args.quiet:
        size = units.byte_count(file.stat().st_size)
        print(f"{file}: wrote {units.counted(n_rows, 'measurement')} with raw samples, {size}")


def _merge(store: Store, args: argparse.Namespace) -> None:
    done = merge(store, args.file, name=args.machine)
    print(
        f"Added {units.counted(done.n_added, 'measurement')}; {done.n_known} more were in this store already."
    )
    for machine, count in done.machines.items():
        print(f"  {machine}: {units.counted(count, 'measurement')}")
    if done.named and not args.machine:
        names = ", ".join(done.named)
        print(
            f"The added machine has the same hardware as a machine in this store, so its measurements get the name "
            f"{names!r}; --as sets another name."
        )
    print("Rows of different machines are never averaged; atelier report 91_machines compares them.")


def _prune(store: Store, args: argparse.Namespace) -> None:
    file = StoreFile(store.path)
    n_chosen = len(prunable(file, older_than_s=args.older_than))
    if n_chosen:
        what = f"the raw samples of {units.counted(n_chosen, 'measurement')} in {store.path}"
        question = f"{_PRUNE_RULE}\nDrop {what}? They cannot be restored."
        refusal = f"results prune must be confirmed: it would drop {what}."
        if not confirmed(question, refusal, is_sure=args.yes):
            print("No raw samples were dropped.")
            return
    else:
        print(f"Nothing to prune in {store.path}. {_PRUNE_RULE}")
    done = prune(file, older_than_s=args.older_than)
    if done.n_measurements:
        print(
            f"Pruned {units.counted(done.n_measurements, 'measurement')}: "
            f"{units.counted(done.n_samples, 'raw sample')} dropped, their medians kept."
        )
    before, after = units.byte_count(done.before_bytes), units.byte_count(done.after_bytes)
    if done.why_large:
        print(
            f"The store has {after} and did not shrink: {done.why_large}. New measurements use the free space in the "
            "store; the next results prune tries again to shrink it."
        )
    elif done.after_bytes < done.before_bytes:
        print(f"The store shrank from {before} to {after}.")
    elif done.n_measurements:
        print(f"The store keeps its size of {after}: the dropped samples took little space.")


KEEPING: Mapping[str, Callable[[Store, argparse.Namespace], None]] = {
    "pack": _pack,
    "merge": _merge,
    "prune": _prune,
}
"""The functions that run the actions pack, merge and prune of ``atelier results``, by name of the action."""
