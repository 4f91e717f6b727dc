"""Measure a grid of operations, backends, sizes, threads, workers and pre-steps; what is known is not repeated."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from toolkit.analysis.design import BUDGET_S
from toolkit.apps.cli.output import print_json, print_measurements, print_table
from toolkit.apps.cli.parser import Parser
from toolkit.bench.estimate import estimate_s
from toolkit.bench.plan import FULL, QUICK
from toolkit.bench.sweep import Grid, pending, why_skipped
from toolkit.contracts.measurement import FAILED, OK, Measurement
from toolkit.contracts.notation import parse_size
from toolkit.contracts.operation import OPERATIONS, load_plugin
from toolkit.contracts.trial import KEYS
from toolkit.core import units
from toolkit.core.errors import InvalidValue, unknown
from toolkit.core.params import Param, Value
from toolkit.models.onnx_size import fixed_size
from toolkit.results.store.store import Store
from toolkit.studies.collection import collect
from toolkit.studies.winner import find_winner

STRICT_FAILURE = 4
WINNER_BUDGET_S = BUDGET_S
"""Cap of measuring the fastest of one question again, s."""

_BUDGET = Param(name="budget", default=0.0, low=0.0, high=1e6, unit="s")
_Steps = tuple[tuple[str, dict[str, Value]], ...]


def configure(parser: Parser, arguments: list[str]) -> None:
    parser.usage = "atelier bench OPERATION [OPERATION ...] [--megapixels MP ...] [--workers N ...] [...]"
    add = parser.add_argument
    add("operations", nargs="*", metavar="OPERATION", help="names from: atelier list operations")
    add("--model", metavar="FILE", help="an ONNX file of your own, as operation onnx_model")
    grid = parser.add_argument_group("the grid: every combination is measured")
    add = grid.add_argument
    add(
        "--backends",
        nargs="+",
        default=[],
        metavar="NAME",
        help="or NAME:OPTION=VALUE, or `all`; default: the preferred one",
    )
    add(
        "--megapixels",
        nargs="+",
        metavar="MP",
        help="input sizes at 4:3, millions of pixels; default 1, or the size of --model",
    )
    add("--size", nargs="+", default=[], metavar="WxH", help="input sizes in px, in place of megapixels")
    add(
        "--precisions", nargs="+", default=["fp32"], metavar="NAME",
        help="of models: fp32, bf16, fp16, int8, or `all` that a backend has; default fp32",
    )  # fmt: skip
    add("--device", default="cpu", metavar="NAME", help="cpu or cuda; default cpu")
    add("--batch", nargs="+", metavar="N", help="pictures a call; default 1")
    add("--threads", nargs="+", metavar="N", help="threads inside one process; default 1")
    add("--workers", nargs="+", metavar="N", help="processes side by side; default 1")
    add(
        "--step", nargs="+", default=["none"], metavar="STEPS",
        help="pre-steps, such as fit_pixels.pixels=2000000; several joined by commas; `none` is without",
    )  # fmt: skip
    add("--images", nargs="+", default=[], metavar="NAME", help="photos taken in turn; default: two samples")
    add("--param", nargs="+", default=[], metavar="NAME=VALUE", help="for each operation that has it")
    evidence = parser.add_argument_group("how much evidence").add_mutually_exclusive_group()
    evidence.add_argument("--quick", action="store_true", help="three short blocks a trial; the default")
    evidence.add_argument("--full", action="store_true", help="seven longer blocks a trial")
    add = parser.add_argument
    add("--budget", metavar="SECONDS", help="start nothing after so long; run again to go on")
    add("--dry-run", action="store_true", help="print the trials and an estimate, measure nothing")
    add("--store", metavar="PATH", help="default: data/results/atelier.sqlite in the checkout")
    add("--strict", action="store_true", help="exit with 4 if a trial failed")
    add(
        "--winner",
        action="store_true",
        help="measure the fastest of each question again, in turns, and name it",
    )
    parser.add_json()
    parser.add_plugins()


def run(args: argparse.Namespace) -> int:
    plugins = tuple((path, load_plugin(path)) for path in args.plugin)
    grid = _grid(args, plugins)
    budget_s = None if args.budget is None else float(_BUDGET.parse(args.budget, "atelier bench"))
    store = Store(args.store)
    if not args.quiet:
        _say_what_is_missing(grid.missing_weights())
    if args.dry_run:
        _show_plan(grid, store, full=args.full, as_json=args.json)
        return 0
    try:
        collected = collect(grid, quick=not args.full, budget_s=budget_s, store=store, quiet=args.quiet)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"interrupted; what was finished is kept in {store.path}, the same command goes on from there."
        ) from None
    print_measurements(collected.measurements, as_json=args.json)
    if not args.quiet:
        print(collected, file=sys.stderr)
    if args.winner:
        if not args.quiet:
            print(
                f"Measuring the fastest again, at most {units.seconds(WINNER_BUDGET_S)} a question ...",
                file=sys.stderr,
            )
        _name_winners(collected.measurements, file=sys.stderr if args.json else sys.stdout)
    failed = sum(m.status == FAILED for m in collected.measurements)
    if args.strict and failed:
        print(f"atelier: {failed} of {len(collected.measurements)} trials failed.", file=sys.stderr)
        return STRICT_FAILURE
    return 0


def _name_winners(measurements: Sequence[Measurement], *, file: TextIO) -> None:
    """For each operation, size and picture that was run rightly in two ways or more: which of them is fastest."""
    questions: dict[tuple[object, ...], list[Measurement]] = {}
    for m in measurements:
        t = m.trial
        asked = (t.operation, t.params, t.steps, t.images, t.width, t.height, t.batch)
        questions.setdefault(asked, []).extend([m] if m.status == OK else [])
    for rows in questions.values():
        if len(rows) > 1:
            trial = rows[0].trial
            print(
                f"\n{trial.operation} at {units.megapixels(trial.megapixels)} MP, measured again", file=file
            )
            print(find_winner(rows, budget_s=WINNER_BUDGET_S), file=file)


def _grid(args: argparse.Namespace, plugins: tuple[tuple[str, str], ...]) -> Grid:
    if args.size and args.megapixels:
        raise InvalidValue("--size and --megapixels exclude each other; give one of them.")
    operations = list(args.operations)
    params = list(args.param)
    if args.model is not None:
        if not Path(args.model).expanduser().is_file():
            raise InvalidValue(f"--model must be an ONNX file; {args.model!r} is no file.")
        operations.append("onnx_model")
        params.append(f"file={args.model}")
    if not operations:
        raise InvalidValue(
            "atelier bench must be given an OPERATION or --model FILE; atelier list operations has names."
        )
    for name in operations:
        OPERATIONS[name]
    sizes = tuple(parse_size(text) for text in args.size)
    if args.model is not None and not (args.size or args.megapixels):
        own = fixed_size(Path(args.model).expanduser())
        sizes = (own,) if own else ()
    return Grid(
        operations=tuple(operations),
        backends=tuple(args.backends),
        megapixels=tuple(float(value) for value in _numbers("megapixels", args.megapixels)),
        sizes=sizes,
        threads=tuple(int(value) for value in _numbers("threads", args.threads)),
        workers=tuple(int(value) for value in _numbers("workers", args.workers)),
        steps=tuple(_steps(text) for text in args.step),
        images=tuple(args.images),
        precisions=tuple(args.precisions),
        device=args.device,
        batches=tuple(int(value) for value in _numbers("batch", args.batch)),
        params=_params(params, operations),
        plugins=plugins,
        untrained_where_missing=True,
    )


def _numbers(name: str, texts: list[str] | None) -> list[Value]:
    key = next(key for key in KEYS if key.name == name)
    return [key.default] if texts is None else [key.parse(text, "a trial") for text in texts]


def _steps(text: str) -> _Steps:
    """``"fit_pixels.pixels=2000000"`` to ``(("fit_pixels", {"pixels": 2000000}),)``."""
    if text == "none":
        return ()
    steps: dict[str, dict[str, Value]] = {}
    for part in text.split(","):
        left, _, value = part.partition("=")
        step, _, name = left.partition(".")
        if not (step and name and value):
            raise InvalidValue(f"--step must be STEP.PARAMETER=VALUE or none; got {part!r}.")
        steps.setdefault(step, {}).update(_value(name, value, [step]))
    return tuple(steps.items())


def _params(texts: list[str], operations: list[str]) -> dict[str, Value]:
    params: dict[str, Value] = {}
    for text in texts:
        name, _, value = text.partition("=")
        if not (name and value):
            raise InvalidValue(f"--param must be NAME=VALUE; got {text!r}.")
        params.update(_value(name, value, operations))
    return params


def _value(name: str, text: str, operations: list[str]) -> dict[str, Value]:
    """`text` as the parameter of the first operation that declares it."""
    for operation in operations:
        for param in OPERATIONS[operation].params:
            if param.name == name:
                return {name: param.parse(text, operation)}
    declared = {param.name for operation in operations for param in OPERATIONS[operation].params}
    raise unknown(f"parameter of {', '.join(operations)}", name, declared)


def _say_what_is_missing(sentences: Sequence[str]) -> None:
    """That rows are untrained first, then for each file its source, checksum and how to get it."""
    if sentences:
        print("atelier: rows are measured untrained, with weights drawn from a seed:", file=sys.stderr)
    for sentence in sentences:
        indents = {"initial_indent": "* ", "subsequent_indent": "  "}
        lines = textwrap.wrap(sentence, 110, break_long_words=False, break_on_hyphens=False, **indents)
        print("\n".join(lines), file=sys.stderr)


def _show_plan(grid: Grid, store: Store, *, full: bool, as_json: bool) -> None:
    trials, ahead = grid.trials(), set(pending(grid, skip=store.keys()))
    state = {trial: why_skipped(trial) if trial in ahead else "in the store already" for trial in trials}
    to_measure = [trial for trial, reason in state.items() if not reason]
    left_s = estimate_s(to_measure, FULL if full else QUICK, store.latest())
    if as_json:
        plan = [{"trial": str(trial), "left_out": reason} for trial, reason in state.items()]
        print_json({"trials": plan, "to_measure": len(to_measure), "estimate_s": round(left_s, 1)})
        return
    print_table(("trial", ""), [[str(trial), reason or "to measure"] for trial, reason in state.items()])
    about = f", about {units.seconds(left_s)}" if to_measure else ""
    print(f"\n{len(to_measure)} of {len(trials)} trials to measure{about}.")
