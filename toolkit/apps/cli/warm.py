"""Compile kernels now instead of in the first call, on every backend that stores compiled kernels on disk."""

from __future__ import annotations

import argparse
from pathlib import Path
from time import perf_counter

from toolkit.apps.cli.parser import Parser
from toolkit.contracts.apply import apply
from toolkit.contracts.backend import Placement, backend_named
from toolkit.contracts.operation import OPERATIONS
from toolkit.core import folders, units
from toolkit.images.photos import at_size, photo


def configure(parser: Parser, arguments: list[str]) -> None:
    parser.add_argument(
        "operations",
        nargs="*",
        metavar="OPERATION",
        help="operations whose kernels are compiled; default: all operations",
    )


def run(args: argparse.Namespace) -> None:
    small, _ = at_size(photo("coffee"), 96, 64)
    for op in [OPERATIONS[name] for name in args.operations or OPERATIONS]:
        # Some parameter choices have a kernel of their own, so the operation runs once for each choice.
        choices = [{p.name: choice} for p in op.params for choice in p.choices if choice != p.default]
        for name in op.kernels:
            backend = backend_named(name)
            backend.check(Placement())
            # A backend that stores no compiled kernels on disk cannot compile before the first call.
            if not backend.cold_environment(Placement(), Path("unused")):
                continue
            folders.writable_cache_folder("numba")  # raises an error if compiled kernels cannot be stored
            started = perf_counter()
            for params in [{}, *choices]:
                apply(op.name, small, backend=name, **params)
            if not args.quiet:
                print(f"{op.name} on {name}: {units.seconds(perf_counter() - started)}", flush=True)
