"""Compare two versions of a package in two virtual environments that are measured in turns."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict

from toolkit.analysis.design import HALF_WIDTH
from toolkit.analysis.discovery import control
from toolkit.apps.cli.output import print_json
from toolkit.apps.cli.parser import Parser
from toolkit.apps.cli.shared_options import UNFINISHED, add_budget, add_input, load_plugins
from toolkit.contracts.notation import parse_trial
from toolkit.contracts.outcome import Cause
from toolkit.core import units
from toolkit.core.errors import TrialFailed
from toolkit.results.sentences.verdicts import ComparisonReport
from toolkit.studies.gate.ab import measure_packages
from toolkit.studies.gate.sides import Cell


def configure(parser: Parser, arguments: list[str]) -> None:
    add = parser.add_argument
    add(
        "a",
        metavar="VERSION_A",
        help="the baseline: a version of a package, such as 'opencv-contrib-python==4.14.*'",
    )
    add("b", metavar="VERSION_B", help="the candidate: another version of the same package")
    trials_help = "the trials (OPERATION@BACKEND) to measure; default: oil_painting@opencv"
    add("--trials", nargs="+", default=["oil_painting@opencv"], metavar="TRIAL", help=trials_help)
    add_input(parser)
    add_budget(parser, "the measurements of one trial")
    parser.add_json()
    parser.add_plugins()


def run(args: argparse.Namespace) -> int:
    plugins = load_plugins(args)
    given = {"images": tuple(args.images), "size": args.size, "megapixels": args.megapixels}
    trials = [parse_trial(text, plugins=plugins, **given) for text in args.trials]
    tell = (lambda sentence: None) if args.quiet else (lambda sentence: print(sentence, file=sys.stderr))
    found = measure_packages(args.a, args.b, trials, budget_s=args.budget, half_width=HALF_WIDTH, tell=tell)
    cells = found.run.cells
    if args.json:
        print_json(
            {"a": args.a, "b": args.b, "cells": [asdict(one) for one in cells], "others": found.others}
        )
    else:
        _print(args, cells, found.others)
    if any(cause.is_wrong_picture for cell in cells for cause in cell.causes):
        raise TrialFailed("one of the two versions makes a wrong picture; the lines above say which version.")
    return 0 if all(cell.verdict is not None for cell in cells) else UNFINISHED


def _print(args: argparse.Namespace, cells: list[Cell], others: tuple[str, ...]) -> None:
    verdicts = iter(control([cell.verdict for cell in cells if cell.verdict is not None]))
    for cell in cells:
        print(f"{cell.label}")
        for line, cause, note in zip((args.a, args.b), cell.causes, cell.notes, strict=True):
            if cause is not Cause.NONE:
                print(f"  {line}: {cause}: {note}")
        if cell.verdict is None or cell.estimates is None:
            print("  CAN'T TELL which version is faster: one of the two was not measured.")
            continue
        report = ComparisonReport(
            baseline=args.a,
            candidate=args.b,
            verdict=next(verdicts),
            estimates=cell.estimates,
            process_medians_s=((), ()),
            spent_s=0.0,
            stopped="",
        )
        print("\n".join(f"  {line}" for line in report.lines()))
        print(f"  {_agreement(cell.agreement_db)}")
    if others:
        print(
            f"pip had to change other packages too, and these also affect the verdict: {'; '.join(others)}."
        )


def _agreement(psnr_db: float | None) -> str:
    if psnr_db is None:
        return "The pictures that the two versions made could not be compared."
    if psnr_db == float("inf"):
        return "The pictures that the two versions made are equal."
    return f"The pictures that the two versions made agree with each other: PSNR {units.decibels(psnr_db)}."
