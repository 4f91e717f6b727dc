"""Compute the workers, threads, machines and memory that a rate of pictures needs, from stored measurements."""

from __future__ import annotations

import argparse
import sys
from functools import partial

from toolkit.analysis.capacity import Latency, Need
from toolkit.apps.cli.output import print_json, print_rows
from toolkit.apps.cli.parser import Parser, checked
from toolkit.apps.cli.shared_options import UNFINISHED, load_plugins
from toolkit.core.errors import TrialFailed
from toolkit.core.quantities import parse_duration, parse_price, parse_rate
from toolkit.results.rows.rate_file import REQUIRED, published_tables
from toolkit.results.sentences.capacity import assumptions, recommendation, why_not_sure
from toolkit.results.store.store import Store
from toolkit.results.tables.capacity import capacity_table
from toolkit.studies.capacity import capacity

_OWNER = "atelier capacity"


def configure(parser: Parser, arguments: list[str]) -> None:
    add = parser.add_argument
    add("operation", metavar="OPERATION", help="an operation, or OPERATION@BACKEND")
    target = checked(partial(parse_rate, name="target", owner=_OWNER))
    add(
        "--target",
        type=target,
        required=True,
        metavar="RATE",
        help="rate of pictures to process, such as 200/s, 90/min or 5000/h",
    )
    latency = checked(partial(parse_duration, name="latency-p95", owner=_OWNER))
    add(
        "--latency-p95",
        type=latency,
        metavar="TIME",
        help="largest 95th percentile of latency, such as 500ms",
    )
    price = checked(partial(parse_price, name="price", owner=_OWNER))
    add(
        "--price",
        type=price,
        metavar="PRICE",
        help="price of one machine for an hour, in any currency, such as 0.08/h",
    )
    table_help = (
        f"a CSV file in place of the stored measurements, with the columns {' and '.join(REQUIRED)} (other columns as "
        f"atelier results export writes them); or a published table: {', '.join(published_tables())}"
    )
    add("--table", metavar="FILE", help=table_help)
    parser.add_store()
    parser.add_json()
    parser.add_plugins()


def run(args: argparse.Namespace) -> int:
    load_plugins(args)
    need = Need(target_ips=args.target, latency_p95_s=args.latency_p95, price_per_hour=args.price)
    found = capacity(args.operation, need, store=Store(args.store), table=args.table)
    assumed = assumptions(found)
    table = capacity_table(found, assumptions=assumed)
    best = [recommendation(answer) for answer in found.answers if answer.is_best]
    if args.json:
        plans = table.frame.to_dict("records")
        print_json({"plans": plans, "recommendations": best, "assumptions": assumed})
    else:
        print_rows(table, as_json=False)
        for sentence in best:
            print(f"\n{sentence}")
    if found.latency is Latency.BROKEN:
        raise TrialFailed(recommendation(found.answers[0]))
    if found.latency is Latency.NOT_SURE:
        print(f"atelier: {why_not_sure(found)}", file=sys.stderr)
        return UNFINISHED
    return 0
