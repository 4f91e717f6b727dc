"""Compile kernels now instead of in the first call, on every backend that keeps compiled kernels on disk."""

from __future__ import annotations

import argparse
from pathlib import Path
from time import perf_counter

from toolkit.apps.cli.parser import Parser
from toolkit.contracts.apply import apply
from toolkit.contracts.backend import BACKENDS, Backend, Placement
from toolkit.contracts.operation import OPERATIONS, Operation
from toolkit.core import folders, units
from toolkit.images.photos import at_size, photo
from toolkit.machine.hardware import allowed_cpus


def configure(parser: Parser, arguments: list[str]) -> None:
    parser.add_argument("operations", nargs="*", metavar="OPERATION", help="default: all of them")


def run(args: argparse.Namespace) -> None:
    small, _ = at_size(photo("coffee"), 96, 64)
    operations = [OPERATIONS[name] for name in args.operations or OPERATIONS]
    for op in operations:
        for name in op.kernels:
            backend = BACKENDS[name]
            if not _compiles(backend):
                continue
            folders.writable_cache_folder("numba")  # without it the compiled kernels end with this process
            started = perf_counter()
            for params in _variants(op):
                apply(op.name, small, backend=name, threads=allowed_cpus(), **params)
            if not args.quiet:
                print(f"{op.name} on {name}: {units.seconds(perf_counter() - started)}", flush=True)


def _compiles(backend: Backend) -> bool:
    backend.check(Placement())
    return bool(backend.cold_environment(Placement(), Path("unused")))


def _variants(op: Operation) -> list[dict[str, str]]:
    """The defaults, and each other choice, because another choice may compile another kernel."""
    chosen = [{p.name: str(c)} for p in op.params for c in p.choices if c != p.default]
    return [{}, *chosen]
