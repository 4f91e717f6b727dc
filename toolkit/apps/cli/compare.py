"""Tell whether trial B is faster than trial A, how certain this verdict is, and how long a more certain one takes."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict

from toolkit.analysis.design import FAR_RATIO, HALF_WIDTH, Comparison
from toolkit.apps.cli.output import print_json
from toolkit.apps.cli.parser import Parser, reads
from toolkit.apps.cli.shared_options import add_budget, add_input, is_key, load_plugins
from toolkit.contracts.measurement import Measurement
from toolkit.core import units
from toolkit.core.errors import InvalidValue
from toolkit.core.params import Param
from toolkit.results.store.store import Store
from toolkit.studies.compare import compare, read_sides

_WIDTH = Param(name="width", default=HALF_WIDTH, low=0.001, high=1.0)


def configure(parser: Parser, arguments: list[str]) -> None:
    add = parser.add_argument
    side = "a trial, such as oil_painting@opencv:threads=2, or the key of a stored measurement"
    add("a", metavar="A", help=f"the baseline: {side}")
    add("b", metavar="B", help="the candidate: a trial or the key of a stored measurement, written as for A")
    add_input(parser)
    width = reads(_WIDTH, "atelier compare")
    add_budget(parser, "the comparison")
    width_help = (
        "stop when the 95 %% confidence interval of the speed ratio has this half-width, or earlier when the "
        f"whole interval is above {FAR_RATIO} (or below 1 / {FAR_RATIO}); default {HALF_WIDTH}"
    )
    add("--width", type=width, default=HALF_WIDTH, metavar="FRACTION", help=width_help)
    fresh_help = "measure the trials of A and B again even if A and B are keys of stored measurements"
    add("--fresh", action="store_true", help=fresh_help)
    parser.add_store()
    parser.add_json()
    parser.add_plugins()


def run(args: argparse.Namespace) -> None:
    plugins = load_plugins(args)
    store = Store(args.store)
    sides = [_stored(side, store) if is_key(side) else side for side in (args.a, args.b)]
    if args.fresh:
        sides = [side.trial if isinstance(side, Measurement) else side for side in sides]
    is_live = [not isinstance(side, Measurement) for side in sides]
    if is_live[0] != is_live[1]:
        raise InvalidValue(
            "compare takes two trials or two keys of stored measurements; got a trial and a key."
        )
    given = {"images": tuple(args.images), "size": args.size, "megapixels": args.megapixels}
    sides = read_sides(*sides, plugins=plugins, **given)
    if is_live[0]:
        store.check_writable()
    if is_live[0] and not args.quiet:
        print(f"Measuring both trials in turns, for at most {units.seconds(args.budget)}.", file=sys.stderr)
    report = compare(
        *sides,
        budget_s=args.budget,
        half_width=args.width,
        on_block=_print_progress if sys.stderr.isatty() and not args.quiet else None,
        on_measurement=store.add,
    )
    if args.json:
        print_json({**asdict(report), "verdict": {**asdict(report.verdict), "outcome": report.outcome}})
    else:
        print(report)


def _stored(key: str, store: Store) -> Measurement:
    found = store.find(key=key)
    if not found:
        hint = f"atelier results show --json prints the keys of {store.path}"
        raise InvalidValue(f"no stored measurement has the key {key!r}; {hint}.")
    return found[0]


def _print_progress(design: Comparison) -> None:
    print(
        f"\r{design.n_rounds} rounds measured in {design.spent_s:.0f} s", end="", file=sys.stderr, flush=True
    )
