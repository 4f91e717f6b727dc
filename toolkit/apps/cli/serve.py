"""Serve operations on pictures over HTTP, with a web page; jobs survive a restart of the service."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from toolkit.apps.cli.parser import Parser, checked, reads
from toolkit.apps.cli.shared_options import load_plugins, reads_key
from toolkit.core.errors import InvalidValue, Unavailable
from toolkit.core.folders import made_home
from toolkit.core.params import Param
from toolkit.core.quantities import parse_duration
from toolkit.workers.executor import Work

_PORT = Param(name="port", default=8765, low=0, high=65_535)
_QUEUE = Param(name="queue", default=64, low=1, high=100_000)
_MOST_WORKERS = 64
_WAIT = Param(name="max-wait", default=60.0, low=0.1, high=86_400.0, unit="s")


def configure(parser: Parser, arguments: list[str]) -> None:
    _add_work(parser)
    _add_limits(parser)
    _add_address(parser)
    parser.add_plugins()


def _add_work(parser: Parser) -> None:
    """Add the options for the operations to serve and for the workers."""
    add = parser.add_argument
    add(
        "operations",
        nargs="*",
        metavar="OPERATION",
        help="operations to serve and to prepare; default: all operations that can run on this machine",
    )
    workers_help = (
        "number of workers, or LOW..HIGH to start more workers while jobs wait; default 1, or, with executor "
        "celery, every worker that atelier work has started"
    )
    config_help = "serve this configuration, which atelier tune --out has written"
    add("--config", type=Path, metavar="FILE", help=config_help)
    add("--workers", type=checked(_workers), metavar="N", help=workers_help)
    add(
        "--threads",
        type=reads_key("threads"),
        default=1,
        metavar="N",
        help="number of threads of each worker; default 1",
    )
    add(
        "--executor",
        default="processes",
        metavar="NAME",
        help="name of an executor, from: atelier list executors",
    )
    add(
        "--broker",
        default="",
        metavar="URL",
        help="address of the broker of executor celery (redis://...), or of the scheduler of dask (tcp://...)",
    )


def _add_limits(parser: Parser) -> None:
    """Add the options that limit the accepted jobs, and the folder of the jobs."""
    add = parser.add_argument
    add(
        "--queue",
        type=reads(_QUEUE, "atelier serve"),
        default=64,
        metavar="N",
        help="largest number of jobs that wait; default 64",
    )
    wait_help = "longest estimated wait of a job, s; a job that would wait longer is refused; default 60"
    add("--max-wait", type=reads(_WAIT, "atelier serve"), default=60.0, metavar="S", help=wait_help)
    add(
        "--max-cost",
        type=checked(_duration),
        metavar="TIME",
        help="longest time of an operation, such as 500ms; slower operations are refused",
    )
    add("--data", type=Path, metavar="DIR", help="folder of jobs, uploads and results; default: data/service")


def _add_address(parser: Parser) -> None:
    """Add the options for the address of the service and for access to it."""
    add = parser.add_argument
    add(
        "--host",
        default="127.0.0.1",
        help="address to listen at; an address that other machines can reach needs --token",
    )
    add(
        "--port",
        type=reads(_PORT, "atelier serve"),
        default=8765,
        metavar="N",
        help="port to listen at; default 8765; 0 takes a free port",
    )
    add("--token", default="", help="secret that clients send in the header Authorization: Bearer TOKEN")
    add(
        "--no-token",
        action="store_true",
        help="serve without a token, to everybody who can reach the address",
    )


def run(args: argparse.Namespace) -> int:
    try:
        from toolkit.apps.service.server import run_service
        from toolkit.apps.service.settings import ServiceSettings
    except ModuleNotFoundError as error:
        if (error.name or "toolkit").startswith("toolkit"):
            raise
        raise Unavailable(f"atelier serve needs {error.name}; run pip install -e '.[service]'.") from None
    plugins = load_plugins(args)
    tuned, workers = _tuned(args.config)
    plugins = tuple(dict.fromkeys([*plugins, *(one for work in tuned.values() for one in work.plugins)]))
    settings = ServiceSettings(
        plugins=plugins,
        tuned=tuned,
        operations=tuple(dict.fromkeys([*tuned, *args.operations])),
        data=args.data or made_home() / "data" / "service",
        workers=args.workers or ((1, _MOST_WORKERS) if args.executor == "celery" else (workers, workers)),
        threads=args.threads,
        most_waiting=args.queue,
        max_wait_s=args.max_wait,
        max_cost_s=args.max_cost,
        executor=args.executor,
        executor_options=_carrier(args.executor, args.broker),
        host=args.host,
        port=args.port,
        token=args.token,
        is_open=args.no_token,
    )

    def say(url: str) -> None:
        if not args.quiet:
            print(f"Atelier serves at {url} (Ctrl-C ends the service after the running jobs).", flush=True)

    run_service(settings, on_start=say)
    print("atelier: the service has ended; waiting jobs will run at the next start.", file=sys.stderr)
    return 0


def _tuned(config: Path | None) -> tuple[dict[str, Work], int]:
    """The operation of a configuration with its settings, and the configuration's number of workers."""
    if config is None:
        return {}, 1
    from toolkit.studies.tune.configuration import read_configuration, warn_of_difference

    configuration = read_configuration(config)
    warn_of_difference(configuration)
    work = Work.of_trial(configuration.trial)
    if not configuration.names_backend:
        work = replace(work, backend="")
    return {work.operation: work}, configuration.trial.workers


def _carrier(executor: str, broker: str) -> dict[str, str]:
    """The address in --broker, as a mapping with the name of the executor's own option for this address."""
    names = {"dask": "address", "celery": "broker"}
    if broker and executor not in names:
        raise InvalidValue(
            f"--broker works only with the executors {' and '.join(names)}; got executor {executor!r}."
        )
    return {names[executor]: broker} if broker else {}


def _duration(text: str) -> float:
    return parse_duration(text, name="max-cost", owner="atelier serve")


def _workers(text: str) -> tuple[int, int]:
    """Parse ``2`` or ``1..4`` as lowest and highest number of workers."""
    low, dots, high = text.partition("..")
    try:
        found = int(low), int(high if dots else low)
    except ValueError:
        found = (0, 0)
    if not 1 <= found[0] <= found[1] <= _MOST_WORKERS:
        limit = f"N or LOW..HIGH, from 1 to {_MOST_WORKERS}"
        raise InvalidValue(f"'workers' of atelier serve must be {limit}; got {text!r}.")
    return found
