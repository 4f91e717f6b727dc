"""Compare two ways of running something: is B faster than A, how sure is that, what would more evidence cost."""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import asdict
from typing import Any

from toolkit.analysis.design import BUDGET_S, HALF_WIDTH, Comparison
from toolkit.apps.cli.output import print_json
from toolkit.apps.cli.parser import Parser
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.notation import parse_size
from toolkit.contracts.operation import load_plugin
from toolkit.contracts.trial import KEYS
from toolkit.core import units
from toolkit.core.errors import InvalidValue
from toolkit.core.params import Param
from toolkit.results.store.store import Store
from toolkit.studies.compare import compare

_BUDGET = Param(name="budget", default=BUDGET_S, low=1.0, high=1e5, unit="s")
_WIDTH = Param(name="width", default=HALF_WIDTH, low=0.001, high=1.0)
_STORED_KEY = re.compile(r"[0-9a-f]{16}")


def configure(parser: Parser, arguments: list[str]) -> None:
    add = parser.add_argument
    side = "a trial, such as oil_painting@opencv:threads=2, or the key of a stored run"
    add("a", metavar="A", help=f"the baseline: {side}")
    add("b", metavar="B", help="the candidate, likewise")
    add("--megapixels", metavar="MP", help="input size at 4:3 for both; default 1")
    add("--size", metavar="WxH", help="input size in px, in place of megapixels")
    add("--images", nargs="+", default=[], metavar="NAME", help="photos taken in turn; default: two samples")
    add("--budget", metavar="SECONDS", help=f"hard cap of the measuring; default {BUDGET_S:.0f}")
    add("--width", metavar="FRACTION", help=f"stop at this half-width of the ratio; default {HALF_WIDTH}")
    add("--store", metavar="PATH", help="default: data/results/atelier.sqlite in the checkout")
    parser.add_json()
    parser.add_plugins()


def run(args: argparse.Namespace) -> int:
    plugins = tuple((path, load_plugin(path)) for path in args.plugin)
    if args.size and args.megapixels:
        raise InvalidValue("--size and --megapixels exclude each other; give one of them.")
    defaults: dict[str, Any] = {"images": tuple(args.images), "plugins": plugins}
    if args.size:
        defaults["size"] = parse_size(args.size)
    elif args.megapixels:
        key = next(key for key in KEYS if key.name == "megapixels")
        defaults["megapixels"] = key.parse(args.megapixels, "a trial")
    budget_s = float(_BUDGET.parse(args.budget, "atelier compare")) if args.budget else BUDGET_S
    half_width = float(_WIDTH.parse(args.width, "atelier compare")) if args.width else HALF_WIDTH
    store = Store(args.store)
    sides = [_stored(side, store) if _STORED_KEY.fullmatch(side) else side for side in (args.a, args.b)]
    if isinstance(sides[0], str) != isinstance(sides[1], str):
        raise InvalidValue("compare takes two trials or two keys of stored runs; got one of each.")
    if not args.quiet and isinstance(sides[0], str):
        print(f"Measuring both in turns, at most {units.seconds(budget_s)}.", file=sys.stderr)
    report = compare(
        sides[0],
        sides[1],
        budget_s=budget_s,
        half_width=half_width,
        on_block=None if args.quiet or not sys.stderr.isatty() else _show,
        on_measurement=store.add,
        **defaults,
    )
    if args.json:
        print_json({**asdict(report), "verdict": {**asdict(report.verdict), "outcome": report.outcome}})
    else:
        print(report)
    return 0


def _stored(key: str, store: Store) -> Measurement:
    for measurement in store.latest():
        if measurement.key == key:
            return measurement
    raise InvalidValue(
        f"no stored run has the key {key!r}; atelier results show --json prints the keys of {store.path}."
    )


def _show(design: Comparison) -> None:
    print(f"\r{design.n_rounds} rounds, {design.spent_s:.0f} s", end="", file=sys.stderr, flush=True)
