"""Compute the workers, threads and machines that a rate of pictures needs, from stored measurements or a table."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolkit.analysis.capacity import Need
from toolkit.contracts.fingerprint import fingerprint
from toolkit.contracts.identity import comparable_id
from toolkit.contracts.operation import OPERATIONS
from toolkit.core.errors import Unavailable
from toolkit.results.rows.capacity import Capacity, answers_to
from toolkit.results.rows.rate_file import read_rates
from toolkit.results.rows.rates import physical_cores, rate_tables
from toolkit.results.store.store import Store


def capacity(
    operation: str, need: Need, *, store: Store | None = None, table: str | Path | None = None
) -> Capacity:
    """Compute how many workers, threads and machines are needed for a rate of pictures.

    Settings with more busy threads than physical cores are left out. The fitted scaling law predicts the throughput of
    worker counts between measured worker counts; nothing is predicted beyond the largest measured worker count.

    Parameters
    ----------
    operation : str
        Name of an operation, or ``operation@backend``.
    need : Need
        The rate of pictures to reach, with a limit of latency and a price.
    store : Store, optional
        Store with the measurements; default: the store that all commands use. The measurements of other machines are
        used only if the store has no measurement of this machine.
    table : str or Path, optional
        A CSV file in place of the store (see `toolkit.results.rows.rate_file.read_rates`).

    Raises
    ------
    UnknownName
        `operation` is not the name of an operation.
    Unavailable
        The store or the table has no usable measurement of the operation.
    InvalidValue
        The CSV file `table` cannot be read.
    """
    name, _, backend = operation.partition("@")
    machine = fingerprint()
    if table is None:
        found = rate_tables(
            (Store() if store is None else store).find(operation=name, backend=backend or None)
        )
    else:
        found = [rates for rates in read_rates(table) if _is_asked(rates.name, name, backend)]
    here = [rates for rates in found if rates.environment == comparable_id(machine)]
    answers = answers_to(here or found, need)
    if not answers:
        raise _nothing_measured(name, backend, table, machine)
    return Capacity(operation, need, answers, is_of_here=bool(here))


def _is_asked(label: str, name: str, backend: str) -> bool:
    """Whether a table is for the requested operation and backend; a table without a name fits every operation."""
    operation, _, has = label.partition("@")
    return operation not in OPERATIONS or (operation == name and (not backend or not has or has == backend))


def _nothing_measured(
    name: str, backend: str, table: str | Path | None, machine: Mapping[str, Any]
) -> Unavailable:
    label = f"{name}@{backend}" if backend else name
    if table is not None:
        return Unavailable(
            f"table {str(table)!r} has no row of {label} whose threads fit the machine's physical cores."
        )
    OPERATIONS[name]  # raises UnknownName if there is no operation of this name
    return Unavailable(
        f"{label} was not measured yet; measure it with: {command_to_measure(name, backend, machine)}"
    )


def command_to_measure(name: str, backend: str, machine: Mapping[str, Any]) -> str:
    """The command that measures throughput for all worker and thread counts up to a machine's number of cores.

    >>> command_to_measure("anime", "", {"cpu": {"physical_allowed": 6}})
    'atelier bench anime --workers 1 2 4 6 --threads 1 2 4 6'
    """
    cores = physical_cores(machine) or 1
    counts = [str(2**power) for power in range(cores.bit_length()) if 2**power < cores] + [str(cores)]
    words = ["atelier", "bench", name, *(["--backends", backend] if backend else [])]
    return shlex.join([*words, "--workers", *counts, "--threads", *counts])
