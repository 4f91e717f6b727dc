"""Measure the latency of a web service at a given rate of requests, or find the highest rate that it sustains.

Latency counts from the time at which a request is due, so a service that stalls cannot hide its delay.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any

from toolkit.apps.cli.output import print_json, print_rows
from toolkit.apps.cli.parser import Parser, checked
from toolkit.apps.cli.shared_options import UNFINISHED
from toolkit.contracts.load_test import Arrivals, LoadTest, Slo
from toolkit.core.errors import InvalidValue, TrialFailed
from toolkit.core.quantities import parse_duration, parse_rate
from toolkit.results.sentences.load_test import capacity_sentence, load_sentence, slo_sentence
from toolkit.results.store.store import Store
from toolkit.results.tables.load_tests import load_table

_OWNER = "atelier load"
_DURATION_S, _SEARCH_S = 60.0, 15.0


def configure(parser: Parser, arguments: list[str]) -> None:
    add = parser.add_argument
    add(
        "url",
        metavar="URL",
        help="address of a service that atelier serve has started, or, with --field, of any service",
    )
    rate = checked(partial(parse_rate, name="rate", owner=_OWNER))
    add("--rate", type=rate, metavar="RATE", help="average rate of requests, such as 8/s or 90/min")
    duration = checked(partial(parse_duration, name="duration", owner=_OWNER))
    duration_help = (
        f"duration of the load test; default {_DURATION_S:.0f}s, or {_SEARCH_S:.0f}s a rate in a search"
    )
    add("--duration", type=duration, metavar="TIME", help=duration_help)
    arrivals_help = (
        "gaps between requests: poisson (random, as from independent users) or constant; default poisson"
    )
    add("--arrivals", default=Arrivals.POISSON, choices=list(Arrivals), metavar="KIND", help=arrivals_help)
    add("--seed", type=int, default=0, metavar="N", help="seed of the random times of requests; default 0")
    add(
        "--images",
        metavar="DIR",
        help="folder of JPEG, PNG or WebP files to send in turn; default: sample photos of 0.2 MP",
    )
    field_help = (
        "for a service that answers POST of a form with a picture: NAME is the form field of the sent picture"
    )
    add("--field", metavar="NAME", help=field_help)
    operation_help = "operation that atelier serve runs; default: the first operation that the service offers"
    add("--operation", default="", metavar="NAME", help=operation_help)
    add("--token", default="", metavar="TOKEN", help="bearer token that the service requires")
    add(
        "--find-capacity",
        action="store_true",
        help="search for the highest rate at which the service keeps --slo",
    )
    slo_help = "a percentile of latency and its limit, such as p95=500ms; needed by --find-capacity"
    add("--slo", type=checked(Slo.parse), metavar="SLO", help=slo_help)
    add(
        "--plot",
        metavar="FOLDER",
        help="also draw charts into FOLDER: latency over time, percentiles, and the p95 against the rate",
    )
    parser.add_store()
    parser.add_json()


def run(args: argparse.Namespace) -> int:
    if args.find_capacity and args.slo is None:
        raise InvalidValue(f"{_OWNER} --find-capacity needs --slo, for example --slo p95=500ms.")
    if not (args.find_capacity or args.rate):
        raise InvalidValue(f"{_OWNER} needs --rate, for example --rate 8/s, or --find-capacity with --slo.")
    store = Store(args.store)
    store.check_writable()
    load = _load(args)
    probe_s = load.probe_s()
    return _search(args, load, store, probe_s) if args.find_capacity else _once(args, load, store)


def _load(args: argparse.Namespace) -> Any:
    from toolkit.studies.load.adapters import JobsService, PlainService, checked_url
    from toolkit.studies.load.pictures import pictures_to_send
    from toolkit.studies.load.run import Load

    url = checked_url(args.url)
    if args.field:
        service = PlainService(url, field=args.field, token=args.token)
    else:
        service = JobsService(url, operation=args.operation, token=args.token)
    return Load(service, url=url, pictures=pictures_to_send(args.images))


def _once(args: argparse.Namespace, load: Any, store: Store) -> int:
    from tqdm import tqdm

    duration_s = args.duration or _DURATION_S
    expected = round(args.rate * duration_s)
    with closing(tqdm(total=expected, unit="request", leave=False, disable=args.quiet or None)) as bar:
        test = load.test(
            rate_per_s=args.rate,
            duration_s=duration_s,
            arrivals=args.arrivals,
            seed=args.seed,
            on_sent=lambda: bar.update(),
        )
    store.load_tests.add(test)
    said = [load_sentence(test), *([slo_sentence(test, args.slo)] if args.slo else [])]
    _show(args, [test], said)
    if not test.is_valid:
        return UNFINISHED
    return _slo_code(test, args.slo) if args.slo else 0


def _slo_code(test: LoadTest, slo: Slo) -> int:
    from toolkit.results.rows.load_test import verdict

    found = verdict(test, slo)
    if not found.is_sure:
        return UNFINISHED
    return 0 if found.is_held else TrialFailed.exit_code


def _search(args: argparse.Namespace, load: Any, store: Store, probe_s: float) -> int:
    from toolkit.studies.load.search import capacity_search

    def measure(rate_per_s: float, duration_s: float) -> LoadTest:
        test = load.test(
            rate_per_s=rate_per_s,
            duration_s=duration_s,
            arrivals=args.arrivals,
            seed=args.seed,
            stop_at=args.slo,
        )
        test = replace(test, search=args.typed, slo=f"{args.slo.name}={args.slo.limit_s:g}s")
        store.load_tests.add(test)
        if not args.quiet:
            print(f"atelier: {load_sentence(test)}", file=sys.stderr)
        return test

    found = capacity_search(
        measure,
        args.slo,
        first_per_s=args.rate or 0.5 / probe_s,
        duration_s=args.duration or _SEARCH_S,
    )
    _show(args, sorted(found.tests, key=lambda test: test.rate_per_s), [capacity_sentence(found)])
    if found.held_per_s is None and found.broken_per_s is not None:
        return TrialFailed.exit_code
    return 0 if found.is_sure else UNFINISHED


def _show(args: argparse.Namespace, tests: Sequence[LoadTest], said: Sequence[str]) -> None:
    table = load_table(tests, title=f"{args.url}: {tests[0].service}, {tests[0].arrivals} arrivals")
    if args.json:
        print_json({"tests": table.frame.to_dict("records"), "sentences": list(said)})
    else:
        print_rows(table, as_json=False)
        for sentence in said:
            print(f"\n{sentence}")
    if args.plot is not None:
        _draw(args, tests)


def _draw(args: argparse.Namespace, tests: Sequence[LoadTest]) -> None:
    from toolkit.results.plots import charts, load_tests

    slo = args.slo or Slo(0.95, 0.5)
    highest = {f"{tests[-1].rate_per_s:.3g} requests a second": tests[-1]}
    drawn = {
        "latency_over_time": load_tests.latency_over_time_plot(highest),
        "percentiles": load_tests.latency_percentiles_plot(
            {f"{test.rate_per_s:.3g} /s": test for test in tests}
        ),
    }
    if args.find_capacity:
        drawn["rate"] = load_tests.rate_latency_plot({args.url: tests}, slo)
    for name, chart in drawn.items():
        if isinstance(chart, charts.Chart):
            written, _ = charts.save(chart, args.plot, name)
            print(f"atelier: wrote the chart {written}", file=sys.stderr)
