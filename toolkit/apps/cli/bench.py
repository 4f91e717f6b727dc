"""Measure every combination of operations, backends, sizes, threads and workers; stored combinations are skipped."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from toolkit.apps.cli.bench_winners import WINNER_BUDGET_S, print_winners
from toolkit.apps.cli.output import print_json, print_measurements, print_table, print_throughput
from toolkit.apps.cli.parser import Parser, reads
from toolkit.apps.cli.shared_options import (
    add_freshness,
    add_input,
    joined,
    load_plugins,
    names,
    reads_keys,
    unfinished,
)
from toolkit.bench.estimate import estimate_s, whole_references_note
from toolkit.bench.grid import Grid
from toolkit.bench.plan import FULL, QUICK
from toolkit.bench.sweep import pending, why_skipped
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.notation import parse_settings, parse_steps
from toolkit.contracts.operation import OPERATIONS
from toolkit.contracts.presets import PRESET
from toolkit.contracts.trial import Trial
from toolkit.contracts.trial_keys import USUAL_EXECUTOR
from toolkit.core import units
from toolkit.core.choices import Device, Precision
from toolkit.core.errors import InvalidValue, TrialFailed, Unavailable
from toolkit.core.params import Param
from toolkit.models.network_files import fixed_size
from toolkit.results.rows.reasons import reasons
from toolkit.results.store.store import Store
from toolkit.studies.cluster_sweep import sweep_cluster
from toolkit.studies.collection import collect
from toolkit.studies.tune.configuration import grid_of, read_configuration, warn_of_difference

_COUNTS = {
    "batch": "number of pictures in one call of the operation",
    "threads": "number of threads inside one call of the operation",
    "workers": "number of calls that run at the same time (workers)",
}
_STORED = "the result is in the store already"
_BUDGET = Param(name="budget", default=0.0, low=0.0, high=1e6, unit="s")


def configure(parser: Parser, arguments: list[str]) -> None:
    parser.usage = "atelier bench OPERATION [OPERATION ...] [--megapixels MP ...] [--workers N ...] [...]"
    add = parser.add_argument
    add(
        "operations",
        nargs="*",
        metavar="OPERATION",
        help="names of operations, from: atelier list operations",
    )
    add("--model", metavar="FILE", help="an ONNX file of your own; the operation onnx_model runs this file")
    config_help = "measure a configuration that atelier tune wrote, in place of a grid of settings"
    add("--config", metavar="FILE", help=config_help)
    _add_grid(parser.add_argument_group("the grid of settings: every combination is measured"))
    evidence = parser.add_argument_group("how long each trial is measured").add_mutually_exclusive_group()
    evidence.add_argument(
        "--quick", action="store_true", help="measure each trial in three short blocks (default)"
    )
    evidence.add_argument("--full", action="store_true", help="measure each trial in seven longer blocks")
    budget_help = (
        "after this many seconds measure only one trial of each operation that has no measurement yet"
    )
    add("--budget", type=reads(_BUDGET, "atelier bench"), metavar="SECONDS", help=budget_help)
    add_freshness(parser)
    add("--dry-run", action="store_true", help="print the trials and an estimated time; measure nothing")
    add("--strict", action="store_true", help="exit with code 4 if a trial failed")
    winner_help = "measure the fastest trials of each operation and size again, in turns, and name the winner"
    add("--winner", action="store_true", help=winner_help)
    cluster_help = "measure on every machine of the Dask cluster whose scheduler has this address"
    add("--cluster", metavar="ADDRESS", help=cluster_help)
    parser.add_store()
    parser.add_json()
    parser.add_plugins()


def _add_grid(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    backends_help = (
        "backends, as NAME or NAME:OPTION=VALUE, or `all`; default: the backend that the operation prefers"
    )
    add("--backends", nargs="+", default=[], metavar="NAME", help=backends_help)
    add_input(group, nargs="+")
    precision_help = (
        f"number format of models: {', '.join(Precision)}; `all`: every format of the backend; default fp32"
    )
    add("--precisions", nargs="+", default=[Precision.FP32], metavar="NAME", help=precision_help)
    add(
        "--device",
        default=Device.CPU,
        metavar="NAME",
        help=f"processor: {' or '.join(Device)}; default {Device.CPU}",
    )
    for name, noun in _COUNTS.items():
        reader = reads_keys(name)
        add(f"--{name}", nargs="+", type=reader, default=[(1,)], metavar="N", help=f"{noun}; default 1")
    executor_help = f"names from atelier list executors, joined by commas, or `all`; default {USUAL_EXECUTOR}"
    add("--executor", nargs="+", type=names, default=[(USUAL_EXECUTOR,)], metavar="NAME", help=executor_help)
    crowd_help = "also measure combinations of workers and threads with more threads than processors"
    add("--oversubscribe", action="store_true", help=crowd_help)
    step_help = "operations to run before OPERATION, joined by commas: fit_pixels.pixels=2000000; `none`: no operation"
    add("--step", nargs="+", default=["none"], metavar="STEPS", help=step_help)
    param_help = "the value of a parameter, for every operation that has a parameter of this name"
    add("--param", nargs="+", default=[], metavar="NAME=VALUE", help=param_help)


def run(args: argparse.Namespace) -> int:
    grid = _grid(args)
    store = Store(args.store)
    if not args.quiet:
        _print_missing_weights(grid.missing_weights())
        if grid.left_out():
            print(f"atelier: {grid.left_out()} --oversubscribe adds these trials.", file=sys.stderr)
    if args.cluster is not None:
        return _run_on_cluster(args, grid, store)
    if args.dry_run:
        _print_plan(grid, store, full=args.full, fresh=args.fresh, as_json=args.json)
        return 0
    try:
        collected = collect(
            grid,
            quick=not args.full,
            budget_s=args.budget,
            store=store,
            fresh=args.fresh,
            quiet=args.quiet,
        )
    except KeyboardInterrupt:
        to_go_on = f"finished trials are in {store.path}; run the same command again to continue"
        raise KeyboardInterrupt(f"interrupted; {to_go_on}.") from None
    is_over_executors = any(m.trial.unusual_keys("executor") for m in collected.measurements)
    show = print_throughput if is_over_executors else print_measurements
    show(collected.measurements, as_json=args.json)
    if not args.quiet:
        print(collected, file=sys.stderr)
    if args.winner:
        if not args.quiet:
            at_most = f"at most {units.seconds(WINNER_BUDGET_S)} for each operation and size"
            print(f"Measuring the fastest trials again, {at_most} ...", file=sys.stderr)
        print_winners(collected.measurements, file=sys.stderr if args.json else sys.stdout)
    return _told_failures(collected.measurements, is_strict=args.strict) or unfinished(
        args, n_missing=collected.n_left, n_asked=len(collected.measurements) + collected.n_left
    )


def _run_on_cluster(args: argparse.Namespace, grid: Grid, store: Store) -> int:
    for option in ("winner", "dry_run"):
        if getattr(args, option):
            name = option.replace("_", "-")
            raise InvalidValue(f"--{name} works on this machine only; leave out --{name} or --cluster.")
    swept = sweep_cluster(
        grid,
        address=args.cluster,
        quick=not args.full,
        budget_s=args.budget,
        store=store,
        fresh=args.fresh,
        tell=(lambda sentence: None) if args.quiet else (lambda sentence: print(sentence, file=sys.stderr)),
    )
    print_measurements(swept.measurements, as_json=args.json)
    if not args.quiet:
        print(swept, file=sys.stderr)
    return _told_failures(swept.measurements, is_strict=args.strict) or unfinished(
        args, n_missing=swept.n_left, n_asked=len(swept.measurements) + swept.n_left
    )


def _told_failures(measurements: Sequence[Measurement], *, is_strict: bool) -> int:
    """The exit code, after a message, if no trial made a right picture, or one failed with --strict; else 0."""
    total = len(measurements)
    failed, right = sum(m.is_failed for m in measurements), sum(m.is_ok for m in measurements)
    skipped = total - failed - right
    if total and not right:
        parts = [f"{count} {word}" for count, word in ((failed, "failed"), (skipped, "skipped")) if count]
        said = f"atelier: no right picture was measured: {' and '.join(parts)} of {total} trials."
        print(said, file=sys.stderr)
        return TrialFailed.exit_code if failed else Unavailable.exit_code
    if is_strict and failed:
        print(f"atelier: {failed} of {total} trials failed.", file=sys.stderr)
        return TrialFailed.exit_code
    return 0


def _grid(args: argparse.Namespace) -> Grid:
    if args.config is not None:
        if args.operations or args.model is not None:
            raise InvalidValue(
                "--config replaces the operation and its grid of settings; leave out OPERATION and --model."
            )
        configuration = read_configuration(args.config)
        warn_of_difference(configuration)
        return grid_of(configuration, images=tuple(args.images))
    plugins = load_plugins(args)
    operations, params, sizes = list(args.operations), list(args.param), args.size or ()
    if args.model is not None:
        operations.append("onnx_model")
        params.append(f"file={args.model}")
        sizes = _sizes_of_model(args)
    if not operations:
        raise InvalidValue("atelier bench needs an OPERATION or --model FILE; see atelier list operations.")
    return Grid(
        operations=tuple(operations),
        backends=tuple(args.backends),
        megapixels=tuple(args.megapixels or Grid.megapixels),
        sizes=tuple(sizes),
        threads=joined(args.threads),
        workers=joined(args.workers),
        executors=joined(args.executor),
        oversubscribed=args.oversubscribe,
        steps=tuple(() if text == "none" else parse_steps(text) for text in args.step),
        images=tuple(args.images),
        precisions=tuple(args.precisions),
        device=args.device,
        batches=joined(args.batch),
        params=_checked_params(operations, params),
        plugins=plugins,
        untrained_where_missing=True,
    )


def _sizes_of_model(args: argparse.Namespace) -> Sequence[tuple[int, int]]:
    """The sizes on the command line, else the input size of the ONNX file in ``--model``, if this size is fixed."""
    file = Path(args.model).expanduser()
    if not file.is_file():
        raise InvalidValue(f"--model must be an ONNX file; {args.model!r} is not a file.")
    own = fixed_size(file)
    return (own,) if own and not (args.size or args.megapixels) else args.size or ()


def _checked_params(operations: Sequence[str], written: Sequence[str]) -> dict[str, Any]:
    """The parameter values in ``--param``, checked against the declarations of the operations."""
    # If operations have a parameter of the same name, the declaration of the first operation is used.
    declared = {param.name: param for op in reversed(operations) for param in OPERATIONS[op].params}
    if any(OPERATIONS[op].presets for op in operations):
        declared["preset"] = PRESET
    owner = ", ".join(operations)
    return dict(parse_settings(",".join(written), declared.values(), noun="parameter", owner=owner))


def _print_missing_weights(sentences: Sequence[str]) -> None:
    """Print the names of untrained models, and the source and checksum of each missing weights file."""
    if sentences:
        print("atelier: some models are untrained, with random weights from a seed:", file=sys.stderr)
    wrapper = textwrap.TextWrapper(
        110, initial_indent="* ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
    for sentence in sentences:
        print(wrapper.fill(sentence), file=sys.stderr)


def _print_plan(grid: Grid, store: Store, *, full: bool, fresh: bool, as_json: bool) -> None:
    trials, ahead = grid.trials(), set(pending(grid, skip=frozenset() if fresh else store.keys()))
    state = {trial: why_skipped(trial) if trial in ahead else _STORED for trial in trials}
    to_measure = [trial for trial, reason in state.items() if not reason]
    left_s = estimate_s(to_measure, FULL if full else QUICK, store.latest())
    if as_json:
        plan = [{"trial": str(trial), "left_out": reason} for trial, reason in state.items()]
        print_json({"trials": plan, "to_measure": len(to_measure), "estimate_s": round(left_s, 1)})
        return
    _print_states(state)
    about = f", about {units.seconds(left_s)}" if to_measure else ""
    print(f"\n{len(to_measure)} of {len(trials)} trials to measure{about}.")
    note = whole_references_note(to_measure)
    if note:
        print(note)


def _print_states(state: Mapping[Trial, str]) -> None:
    """Print each trial with its state; below the trials, print each reason for skipping trials once."""
    why = reasons(state.items())
    notes = [reason for reason in dict.fromkeys(why) if reason not in ("", _STORED)]
    words = [
        f"skipped [{notes.index(reason) + 1}]" if reason in notes else reason or "to measure"
        for reason in why
    ]
    print_table(("trial", ""), list(zip(map(str, state), words, strict=True)))
    for number, note in enumerate(notes, 1):
        print(f"[{number}] {note}")
