"""Run an operation on a folder of pictures and compare the results with ground truth, in the metrics of papers."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from toolkit.apps.cli.output import print_json, print_table
from toolkit.apps.cli.parser import Parser
from toolkit.apps.cli.shared_options import add_operation_options, params_of, placement_of
from toolkit.results.rows.quality_metrics import Metric, metric_of
from toolkit.studies.evaluate import evaluate, pictures_in


def configure(parser: Parser, arguments: list[str]) -> None:
    add = parser.add_argument
    add("operation", metavar="OPERATION", help="an operation that enlarges pictures or makes mattes")
    folder_help = "folder of pictures; for mattes, each NAME.jpg needs a NAME_alpha*.png in the same folder"
    add("folder", metavar="FOLDER", help=folder_help)
    how_help = "method that shrinks a picture before the operation enlarges this picture; default matlab, as in papers"
    add("--shrink-with", choices=("matlab", "opencv"), default="matlab", help=how_help)
    parser.add_json()
    usage = "atelier evaluate OPERATION FOLDER [--parameter VALUE ...] [-v | --json]"
    add_operation_options(parser, arguments, usage=usage)


def run(args: argparse.Namespace) -> None:
    settings = {"params": params_of(args), "how": args.shrink_with, **placement_of(args)}
    found = evaluate(args.operation, pictures_in(Path(args.folder)), **settings)
    if args.json:
        print_json({"mean": found.mean, "median": found.median, "pictures": found.by_picture})
        return
    metrics = [_metric(key) for key in found.mean]
    print(f"{args.operation} on the {len(found.by_picture)} pictures of {args.folder}\n")
    rows = [[m.header, m.unit, m.number(found.mean[m.key]), m.number(found.median[m.key])] for m in metrics]
    print_table(("metric", "unit", "mean", "median"), rows, right=(2, 3))
    if args.verbose:
        print()
        pictures = found.by_picture.items()
        rows = [[name, *(m.number(values[m.key]) for m in metrics)] for name, values in pictures]
        headers = ["picture", *(m.label for m in metrics)]
        print_table(headers, rows, right=range(1, len(headers)))


def _metric(key: str) -> Metric:
    metric = metric_of(key.removesuffix("_rounded"))
    if key.endswith("_rounded"):
        return replace(metric, key=key, header=f"{metric.header}, rounded luma")
    return metric
