"""Run a worker for the executor celery on this machine, for pictures from other machines, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import os
import sys

from toolkit.apps.cli.parser import Parser
from toolkit.core.errors import InvalidValue

_LEVELS = ("WARNING", "INFO", "DEBUG")


def configure(parser: Parser, arguments: list[str]) -> None:
    add = parser.add_argument
    add("--executor", required=True, choices=("celery",), metavar="NAME", help="name of the executor: celery")
    broker_help = (
        "address of the Redis server, such as redis://10.0.0.1:6379/0; default: the address in ATELIER_BROKER"
    )
    add("--broker", default="", metavar="URL", help=broker_help)
    threads_help = (
        "number of pictures to run at once, each in a process of its own; default: one for each processor"
    )
    add("--threads", type=int, metavar="N", help=threads_help)


def run(args: argparse.Namespace) -> int:
    # This module imports no numpy, so that the main process of a worker stays small.
    from toolkit.workers.celery_queue import queue_name
    from toolkit.workers.celery_worker import work
    from toolkit.workers.cluster import source_digest
    from toolkit.workers.fence import connected

    broker = args.broker or os.environ.get("ATELIER_BROKER", "")
    if not broker:
        raise InvalidValue(
            "--broker must be given, or ATELIER_BROKER set; for example redis://10.0.0.1:6379/0."
        )
    threads = len(os.sched_getaffinity(0)) if args.threads is None else args.threads
    if threads < 1:
        raise InvalidValue(f"--threads must be at least 1; got {threads}.")
    connected(broker).close()
    if not args.quiet:
        print(
            f"atelier: running {threads} pictures at a time; SIGTERM or Ctrl-C ends the worker after these pictures",
            file=sys.stderr,
        )
    level = _LEVELS[min(args.verbose, 2)]
    return work(broker, queue=queue_name(source_digest()), threads=threads, level=level)
