"""Show this machine, its readable counters and default backends; with ``--deep`` also the threads of each runtime."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from toolkit.analysis.verdict import Verdict
from toolkit.apps.cli.output import print_json, print_table
from toolkit.apps.cli.parser import Parser, reads
from toolkit.apps.cli.shared_options import load_plugins
from toolkit.contracts.backend import BACKENDS
from toolkit.contracts.fingerprint import fingerprint, summary
from toolkit.contracts.identity import hardware_id
from toolkit.contracts.operation import OPERATIONS
from toolkit.core import units
from toolkit.core.errors import AtelierError, InvalidValue
from toolkit.core.params import Param, pair_text
from toolkit.images.photos import size_for
from toolkit.machine.probes import PROBES
from toolkit.results.store.calibration import NOT_CALIBRATED, Calibration, load_calibration
from toolkit.studies.thread_trial import Plugins, combinations, remarks, try_threads
from toolkit.studies.trust.calibrate import PLANTED_EFFECT, calibrate

SIZES_MP = (1.0, 12.2)
"""Input sizes for which default backends are shown, MP: a picture on a screen and a photo from a phone."""

CALIBRATION_BUDGET_S = 10.0
"""Time limit of one comparison of a workload with itself or with a slower copy, s."""

HERE = {
    "present": "yes",
    "absent": "no: this system does not have this counter",
    "denied": "no: only root may read this counter",
}

_PAIRS = Param(name="pairs", default=20, low=2, high=1000)


def configure(parser: Parser, arguments: list[str]) -> None:
    add = parser.add_argument
    deep_help = "also run each model runtime and each style briefly, and count their threads (takes minutes)"
    add("--deep", action="store_true", help=deep_help)
    calibrate_help = "measure how often verdicts of comparisons are wrong on this machine (takes about 5 min)"
    add("--calibrate", action="store_true", help=calibrate_help)
    pairs_help = f"number of comparisons of a workload with itself; default {_PAIRS.default}"
    add("--pairs", type=reads(_PAIRS, "atelier doctor"), metavar="N", help=pairs_help)
    parser.add_json()
    parser.add_plugins()


def run(args: argparse.Namespace) -> None:
    plugins = load_plugins(args)
    tell = (lambda sentence: None) if args.quiet else partial(print, file=sys.stderr)
    if args.deep and args.calibrate:
        raise InvalidValue("--deep and --calibrate cannot run together; give one of the two options.")
    if args.calibrate:
        found = _calibrate(int(args.pairs or _PAIRS.default), tell)
        if args.json:
            print_json(asdict(found))
        else:
            print(_filled(found))
        return
    if args.pairs is not None:
        raise InvalidValue(
            "--pairs needs --calibrate, because --pairs sets the number of comparisons of a calibration."
        )
    machine = fingerprint()
    calibration = load_calibration(hardware_id(machine))
    preferred = {name: _preferred(name) for name in OPERATIONS}
    found = {
        "fingerprint": machine,
        "calibration": calibration and asdict(calibration),
        "preferred": preferred,
    }
    if args.json:
        print_json({**found, "threads": _watched(machine, plugins, tell)} if args.deep else found)
        return
    print(summary(machine))
    print(f"\nHow often a verdict is wrong on this machine\n\n{_filled(calibration or NOT_CALIBRATED)}")
    _print_readings(machine)
    _print_preferred(preferred)
    if args.deep:
        sys.stdout.flush()  # prints the description of the machine before the runtimes run
        print_threads(_watched(machine, plugins, tell), machine["cpu"])
    else:
        print("\natelier doctor --deep runs each runtime and observes its threads (takes minutes).")


def _filled(sentences: object) -> str:
    return textwrap.fill(str(sentences), 100)


def _watched(
    machine: Mapping[str, Any], plugins: Plugins, tell: Callable[[str], None]
) -> list[dict[str, Any]]:
    chosen = list(combinations(has_graphics_card=bool(machine["gpu"])))
    return try_threads(chosen, machine, plugins=plugins, tell=tell)


def _calibrate(pairs: int, tell: Callable[[str], None]) -> Calibration:
    planted = max(1, pairs // 2)
    slower = f"{units.percent(PLANTED_EFFECT)} slower"

    def on_pair(done: int, total: int, verdict: Verdict) -> None:
        compared = "workload against itself" if done <= pairs else f"workload against a copy that is {slower}"
        tell(f"comparison {done} of {total}, {compared}: {verdict.outcome.value}")

    limit = units.seconds((pairs + planted) * CALIBRATION_BUDGET_S)
    tell(
        f"Comparing a workload with itself, then with a copy that is {slower}, at most {limit}. Close other programs. "
        "A right verdict is SAME or CAN'T TELL for the workload against itself, and SLOWER for the copy."
    )
    return calibrate(pairs=pairs, planted=planted, budget_s=CALIBRATION_BUDGET_S, on_pair=on_pair)


def _preferred(name: str) -> dict[str, str]:
    """The backend that `apply` uses by default at each size, or the error message if no backend runs the operation."""
    found = {}
    for size_mp in SIZES_MP:
        width, height = size_for(size_mp)
        try:
            operation = OPERATIONS[name]
            found[f"{size_mp:g} MP"] = operation.choose_backend(height, width, operation.resolve({}))
        except AtelierError as error:
            found[f"{size_mp:g} MP"] = str(error)
    return found


def _print_readings(machine: Mapping[str, Any]) -> None:
    print("\nCounters that Atelier can read on this machine\n")
    states = machine["probes"]
    rows = [(probe.name, HERE[states[probe.name]], probe.used_for) for probe in PROBES]
    print_table(("counter", "available", "used for"), rows)
    weaker = [probe for probe in PROBES if states[probe.name] != "present" and probe.absence_weakens]
    if weaker:
        print("\nResults that are less certain because a counter is missing\n")
    for probe in weaker:
        print(f"  no {probe.name}: {probe.absence_weakens}.")
    variables = machine["thread_environment"]
    if variables:
        values = ", ".join(f"{name}={value}" for name, value in variables.items())
        print(f"\nThread settings of this shell, which measurements override: {values}")


def _print_preferred(preferred: Mapping[str, Mapping[str, str]]) -> None:
    print("\nThe backend that each operation uses by default on this machine\n")
    chosen = [choice for choices in preferred.values() for choice in choices.values()]
    notes = list(dict.fromkeys(choice for choice in chosen if choice not in BACKENDS))
    shown = {choice: f"none [{number}]" for number, choice in enumerate(notes, start=1)}
    rows = [[name, *(shown.get(one, one) for one in choices.values())] for name, choices in preferred.items()]
    print_table(("operation", *(f"at {size}" for size in next(iter(preferred.values())))), rows)
    for number, note in enumerate(notes, start=1):
        print(f"[{number}] {note}")


def print_threads(rows: list[dict[str, Any]], cpu: Mapping[str, Any]) -> None:
    """Print how many threads each runtime used (the rows of `try_threads`), as a table with remarks."""
    processors = _counted(cpu["effective"])
    print(f"\nThreads on {processors}: requested, reported by the runtime, and active on average\n")

    def settings_of(row: Mapping[str, Any]) -> str:
        return " ".join(pair_text(name, value) for name, value in row["settings"].items())

    cells = [
        [
            f"{row['operation']}@{row['backend']}",
            row["device"],
            row["asked"],
            row.get("reported") or units.NOT_AVAILABLE,
            f"{row['at_work']:.1f}" if "at_work" in row else units.NOT_AVAILABLE,
            "the runtime did not run; the reason is below the table"
            if "problem" in row
            else settings_of(row),
        ]
        for row in rows
    ]
    headers = ("operation@backend", "device", "asked", "reported", "active", "settings of the runtime")
    print_table(headers, cells, right=(2, 3, 4))
    print(f"\n{_advice(cpu['effective'])}")
    for sentence in remarks(rows):
        print(sentence)


def _counted(processors: float) -> str:
    """``1 allowed processor``, ``1.5 allowed processors``."""
    return f"{processors:g} allowed processor{'s' * (processors != 1)}"


def _advice(processors: float) -> str:
    if processors < 2:
        return "With less than two processors, more threads or more workers make nothing faster."
    return "An operation with one active thread does not get faster with more threads: use more workers."
