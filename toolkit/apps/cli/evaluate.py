"""Compare what an operation makes of a folder of pictures with ground truth, in the metrics that papers print."""

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
    add("operation", metavar="OPERATION", help="one that enlarges pictures or makes mattes")
    add("folder", metavar="FOLDER", help="pictures; for mattes with NAME_alpha*.png beside each NAME.jpg")
    add(
        "--shrink-with", choices=("matlab", "opencv"), default="matlab",
        help="how pictures are shrunk before the operation enlarges them; default matlab, as papers do",
    )  # fmt: skip
    parser.add_json()
    add_operation_options(
        parser, arguments, usage="atelier evaluate OPERATION FOLDER [--parameter VALUE ...] [-v | --json]"
    )


def run(args: argparse.Namespace) -> None:
    pictures = pictures_in(Path(args.folder))
    found = evaluate(
        args.operation, pictures, params=params_of(args), how=args.shrink_with, **placement_of(args)
    )
    if args.json:
        print_json({"mean": found.mean, "median": found.median, "pictures": found.by_picture})
        return
    metrics = [_metric(key) for key in found.mean]
    print(f"{args.operation} on the pictures of {args.folder}, {len(pictures)} in all\n")
    rows = [
        [
            metric.header,
            metric.unit,
            metric.number(found.mean[metric.key]),
            metric.number(found.median[metric.key]),
        ]
        for metric in metrics
    ]
    print_table(("metric", "unit", "mean", "median"), rows, right=(2, 3))
    if args.verbose:
        print()
        rows = [
            [name, *(metric.number(values[metric.key]) for metric in metrics)]
            for name, values in found.by_picture.items()
        ]
        print_table(
            ("picture", *(metric.label for metric in metrics)), rows, right=range(1, len(metrics) + 1)
        )


def _metric(key: str) -> Metric:
    metric = metric_of(key.removesuffix("_rounded"))
    return (
        replace(metric, key=key, header=f"{metric.header}, rounded luma")
        if key.endswith("_rounded")
        else metric
    )
