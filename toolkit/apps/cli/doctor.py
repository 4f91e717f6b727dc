"""What this machine is, what Atelier can see of it, and what runs best on it."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from toolkit.analysis.verdict import Verdict
from toolkit.apps.cli.output import print_json, print_table
from toolkit.apps.cli.parser import Parser
from toolkit.contracts.backend import BACKENDS
from toolkit.contracts.fingerprint import fingerprint, summary
from toolkit.contracts.identity import hardware_id
from toolkit.contracts.operation import OPERATIONS, load_plugin
from toolkit.core import units
from toolkit.core.errors import AtelierError, InvalidValue
from toolkit.core.params import Param, pair_text
from toolkit.images.photos import size_for
from toolkit.machine.probes import PROBES
from toolkit.results.store.calibration import NOT_CALIBRATED, load_calibration
from toolkit.studies.thread_trial import try_threads, ways_to_run
from toolkit.studies.trust.calibrate import PLANTED_EFFECT, calibrate

SIZES_MP = (1.0, 12.2)
"""A screen and a phone's camera: where the choice of backend may differ."""

CALIBRATION_BUDGET_S = 10.0
"""Cap of one comparison of a calibration, s."""

WITHOUT = {"absent": "no: this system does not have it", "denied": "no: it exists, but only root may read it"}


_PAIRS = Param(name="pairs", default=20, low=2, high=1000)


def configure(parser: Parser, arguments: list[str]) -> None:
    add = parser.add_argument
    add("--calibrate", action="store_true", help="find out how often a verdict is wrong here (about 5 min)")
    add("--pairs", metavar="N", help=f"comparisons of a workload with itself; default {_PAIRS.default}")
    parser.add_json()
    parser.add_plugins()


def run(args: argparse.Namespace) -> None:
    plugins = tuple((path, load_plugin(path)) for path in args.plugin)
    if args.calibrate:
        _calibrate(args)
        return
    if args.pairs is not None:
        raise InvalidValue("--pairs is the number of comparisons of --calibrate; give both or neither.")
    machine = fingerprint()
    calibration = load_calibration(hardware_id(machine))
    preferred = {name: _preferred(name) for name in OPERATIONS}
    ways = ways_to_run(has_graphics_card=bool(machine["gpu"]))
    tell = (lambda sentence: None) if args.quiet else (lambda sentence: print(sentence, file=sys.stderr))
    threads = try_threads(ways, machine, plugins=plugins, tell=tell)
    if args.json:
        known = calibration and asdict(calibration)
        print_json({"fingerprint": machine, "calibration": known, "preferred": preferred, "threads": threads})
        return
    print(summary(machine))
    trust = textwrap.fill(str(calibration or NOT_CALIBRATED), 100)
    print(f"\nHow far a verdict can be trusted here\n\n{trust}")
    _print_readings(machine)
    _print_preferred(preferred)
    print_threads(threads, machine["cpu"])


def _calibrate(args: argparse.Namespace) -> None:
    """Compare a workload with itself and with a slower self, and keep what came of it."""
    pairs = int(_PAIRS.default if args.pairs is None else _PAIRS.parse(args.pairs, "atelier doctor"))
    planted = max(1, pairs // 2)

    def tell(done: int, total: int, verdict: Verdict) -> None:
        kind = "with itself" if done <= pairs else f"{units.percent(PLANTED_EFFECT)} slower"
        if not args.quiet:
            print(f"{done} of {total}, {kind}: {verdict.outcome.value}", file=sys.stderr)

    if not args.quiet:
        limit = units.seconds((pairs + planted) * CALIBRATION_BUDGET_S)
        print(
            f"Comparing a workload with itself and with a slower self, at most {limit} ...", file=sys.stderr
        )
    found = calibrate(pairs=pairs, planted=planted, budget_s=CALIBRATION_BUDGET_S, on_pair=tell)
    if args.json:
        print_json(asdict(found))
    else:
        print(found)


def _preferred(name: str) -> dict[str, str]:
    """The backend that `apply` would take at each size, or the sentence that says why there is none."""
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
    print("\nWhat Atelier can read here\n")
    states = machine["probes"]
    rows = [
        [
            probe.name,
            "yes" if states[probe.name] == "present" else WITHOUT[states[probe.name]],
            probe.used_for,
        ]
        for probe in PROBES
    ]
    print_table(("reading", "here", "what it is for"), rows)
    weaker = [probe for probe in PROBES if states[probe.name] != "present" and probe.absence_weakens]
    if weaker:
        print("\nWhat that leaves open\n")
    for probe in weaker:
        print(f"  no {probe.name}: {probe.absence_weakens}.")
    variables = machine["thread_environment"]
    if variables:
        told = ", ".join(f"{name}={value}" for name, value in variables.items())
        print(f"\nSet in this shell, and overruled in every measurement: {told}")


def _print_preferred(preferred: Mapping[str, Mapping[str, str]]) -> None:
    print("\nThe backend that each operation takes here unless told otherwise\n")
    notes: list[str] = []
    rows = []
    for name, choices in preferred.items():
        row = [name]
        for choice in choices.values():
            if choice not in BACKENDS:
                notes += [choice] * (choice not in notes)
                choice = f"none [{notes.index(choice) + 1}]"
            row.append(choice)
        rows.append(row)
    print_table(("operation", *(f"at {size}" for size in next(iter(preferred.values())))), rows)
    for number, note in enumerate(notes, start=1):
        print(f"[{number}] {note}")


def print_threads(rows: list[dict[str, Any]], cpu: Mapping[str, Any]) -> None:
    """The rows of `try_threads` for people."""
    allowed = f"{cpu['effective']:g}"
    print(
        f"\nThreads on {allowed} allowed processors: asked for, reported by the runtime, seen at work on average\n"
    )
    cells = [
        [
            f"{row['operation']}@{row['backend']}",
            row["device"],
            row["asked"],
            row.get("reported") or units.NOT_AVAILABLE,
            f"{row['at_work']:.1f}" if "at_work" in row else units.NOT_AVAILABLE,
            "did not run, see below" if "problem" in row else _written(row["settings"]),
        ]
        for row in rows
    ]
    headers = ("operation@backend", "on", "asked", "reported", "at work", "what the runtime says of itself")
    print_table(headers, cells, right=(2, 3, 4))
    print("\nAn operation with one thread at work gains nothing from more threads: give it more workers.")
    who: dict[str, list[str]] = {}
    for row in rows:
        if "problem" in row:
            who.setdefault(f"it did not run: {row['problem']}", []).append(row["backend"])
        for finding in row.get("findings", ()):
            who.setdefault(f"{finding['sentence']}: {finding['cure']}.", []).append(row["backend"])
    disturbed = next((row["suspect"][0] for row in rows if _is_of_activity(row) and row["suspect"]), "")
    for sentence, backends in who.items():
        print(f"On {', '.join(dict.fromkeys(backends))}, {sentence}")
    if disturbed:
        print(f"This machine was not quiet meanwhile ({disturbed}): try again when it is.")


def _is_of_activity(row: Mapping[str, Any]) -> bool:
    """Whether something was found by looking at threads at work, which neighbours disturb."""
    return any(f["code"] in ("nested pools", "more threads than asked") for f in row.get("findings", ()))


def _written(settings: Mapping[str, Any]) -> str:
    return " ".join(pair_text(*setting) for setting in settings.items())
