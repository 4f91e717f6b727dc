"""Run one operation over a folder of pictures; after an interruption, the same command continues."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from toolkit.apps.cli.output import print_json
from toolkit.apps.cli.parser import Parser, checked, reads
from toolkit.apps.cli.shared_options import (
    add_config,
    add_operation_options,
    is_configured,
    load_plugins,
    params_of,
    placement_of,
    reads_key,
)
from toolkit.contracts.notation import parse_steps
from toolkit.contracts.trial import Step
from toolkit.core import units
from toolkit.core.errors import AtelierError, InvalidValue
from toolkit.core.params import Param
from toolkit.images.encode import QUALITY, Chroma
from toolkit.jobs.batch import batch
from toolkit.jobs.batch_summary import BatchSummary

SOME_FAILED = 4

_MOST_NAMED = 10  # largest number of failed pictures whose names the final summary prints
_TIMEOUT = Param(name="timeout", default=60.0, low=0.01, high=86_400.0, unit="s")
_QUALITY = Param(name="quality", default=QUALITY, low=1, high=100)


def configure(parser: Parser, arguments: list[str]) -> None:
    add = parser.add_argument
    if not is_configured(arguments):
        add("operation", metavar="OPERATION", help="name of an operation, from: atelier list operations")
    add(
        "source",
        metavar="IN",
        help="the pictures: a folder, a pattern such as 'photos/*.jpg', or a list of paths (.txt)",
    )
    add("out", metavar="OUT", help="folder for the results, which gets the same sub-folders as IN")
    add(
        "--executor",
        default="processes",
        metavar="NAME",
        help="name of an executor, from: atelier list executors",
    )
    cluster_help = (
        "run on workers of Dask (tcp://...) or of Celery (redis://...); pictures are sent to the workers"
    )
    add("--cluster", metavar="ADDRESS", help=cluster_help)
    add(
        "--shared-folder",
        action="store_true",
        help="with --cluster: every machine can read IN and write OUT, so only paths are sent, no pictures",
    )
    workers_help = "number of workers; default: as many as the processors of this machine can run at once"
    add("--workers", type=reads_key("workers"), metavar="N", help=workers_help)
    timeout_help = "longest time for one picture, s; a worker that takes longer is killed"
    add("--timeout", type=reads(_TIMEOUT, "atelier batch"), metavar="S", help=timeout_help)
    step_help = "run these operations on each picture before OPERATION, such as fit_pixels:pixels=4000000"
    add("--step", type=checked(parse_steps), default=(), metavar="STEPS", help=step_help)
    format_help = (
        "png, jpg, webp, tif or bmp; default: the picture's format, or png if that cannot store the result"
    )
    add("--format", default="", metavar="NAME", help=format_help)
    quality_help = f"quality of JPEG and WebP files, 1 to 100; default {QUALITY}"
    add("--quality", type=reads(_QUALITY, "atelier batch"), metavar="N", help=quality_help)
    chroma_help = f"resolution of the colour in JPEG files; default {Chroma.HALF}"
    add("--chroma", default=Chroma.HALF, choices=tuple(Chroma), metavar="RATIO", help=chroma_help)
    add("--strip", action="store_true", help="write no EXIF data and no colour profile")
    add("--zip", metavar="FILE", help="pack all results into this zip file at the end")
    add(
        "--dry-run",
        action="store_true",
        help="print the number of pictures and an estimated time; process no picture",
    )
    add("--json", action="store_true", help="print the summary as JSON")
    usage = "atelier batch OPERATION IN OUT [--parameter VALUE ...]"
    if not add_config(parser, arguments, usage=usage):
        add_operation_options(parser, arguments, usage=usage)


def run(args: argparse.Namespace) -> int:
    operation, how = _configured(args) if args.config is not None else _asked(args)
    settings = {
        **how,
        **_executor_of(args),
        "timeout_s": args.timeout,
        "suffix": f".{args.format.lower().lstrip('.')}" if args.format else "",
        "quality": args.quality,
        "chroma": args.chroma,
        "strip": args.strip,
    }
    if args.dry_run:
        from toolkit.studies.batch_estimate import batch_estimate

        estimate = batch_estimate(operation, args.source, args.out, **settings)
        print_json(estimate.to_dict()) if args.json else print(estimate)
        return 0
    summary = _with_progress(args, operation, settings)
    if args.zip:
        from toolkit.jobs.archive import pack

        pack(args.out, summary.results, Path(args.zip))
    if args.json:
        print_json(summary.to_dict())
    else:
        _print(args, summary)
    return SOME_FAILED if summary.failed else 0


def _asked(args: argparse.Namespace) -> tuple[str, dict[str, object]]:
    """The operation that the command line names, and the settings with which the operation runs."""
    return args.operation, {
        **placement_of(args),
        "threads": args.threads or 1,
        "workers": args.workers,
        "steps": _steps(args),
        "plugins": load_plugins(args),
        **params_of(args),
    }


def _configured(args: argparse.Namespace) -> tuple[str, dict[str, object]]:
    """The operation of a configuration and its settings; --step and --workers of the command line are added."""
    from toolkit.studies.tune.configuration import read_configuration, warn_of_difference

    configuration = read_configuration(args.config)
    warn_of_difference(configuration)
    trial, place = configuration.trial, configuration.trial.placement
    return trial.operation, {
        "backend": trial.backend if configuration.names_backend else None,
        "options": dict(place.options),
        "precision": place.precision,
        "device": place.device,
        "threads": place.threads,
        "workers": args.workers or trial.workers,
        "steps": (*_steps(args), *trial.steps),
        "plugins": trial.plugins,
        **dict(trial.params),
    }


def _steps(args: argparse.Namespace) -> tuple[Step, ...]:
    return tuple((name, tuple(given.items())) for name, given in args.step)


def _executor_of(args: argparse.Namespace) -> dict[str, object]:
    """The executor's name and options; if the user names a cluster, the executor is dask or celery."""
    if args.cluster is None:
        if args.shared_folder:
            raise InvalidValue("--shared-folder needs a cluster; add --cluster ADDRESS.")
        return {"executor": args.executor}
    is_redis = args.cluster.startswith(("redis://", "rediss://"))
    executor, place = ("celery", "broker") if is_redis else ("dask", "address")
    if args.executor not in ("processes", executor):
        raise InvalidValue(
            f"--cluster {args.cluster} always uses the executor {executor}; leave out --executor {args.executor}."
        )
    options = {place: args.cluster, "shared_folder": args.shared_folder}
    return {"executor": executor, "executor_options": options}


def _with_progress(args: argparse.Namespace, operation: str, settings: dict[str, object]) -> BatchSummary:
    from tqdm import tqdm

    with tqdm(unit="picture", leave=False, disable=args.quiet or None) as bar:

        def show(ended: int, total: int) -> None:
            if bar.total is None:
                bar.total, bar.initial = (
                    total,
                    ended,
                )  # the progress bar's rate must not count pictures of an earlier run
                bar.n = ended
            bar.update(ended - bar.n)

        try:
            return batch(operation, args.source, args.out, on_progress=show, **settings)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(
                f"interrupted; {bar.n} pictures are done; run the same command again to continue."
            ) from None
        except AtelierError:
            bar.close()
            raise


def _print(args: argparse.Namespace, summary: BatchSummary) -> None:
    for name, error in summary.errors[:_MOST_NAMED]:
        print(f"atelier: {name} failed: {error}", file=sys.stderr)
    if len(summary.errors) > _MOST_NAMED:
        print(
            f"atelier: {units.counted(len(summary.errors) - _MOST_NAMED, 'more picture')} failed; "
            "--json lists every picture that failed.",
            file=sys.stderr,
        )
    if not args.quiet:
        print(summary)
