"""Tell whether the working tree is slower, needs more memory or makes worse pictures than a commit, for CI."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from toolkit.apps.cli.output import print_json
from toolkit.apps.cli.parser import Parser, reads
from toolkit.apps.cli.shared_options import add_budget, add_input, load_plugins
from toolkit.contracts.notation import parse_size, parse_trial
from toolkit.contracts.operation import load_plugin
from toolkit.contracts.trial import Trial
from toolkit.core.errors import InvalidValue, unknown
from toolkit.core.files import check_writable, write_whole
from toolkit.core.params import Param
from toolkit.results.store.store import Store
from toolkit.studies.gate.files import as_plain, junit, markdown
from toolkit.studies.gate.gate import gate, measured_apart
from toolkit.studies.gate.judgement import Limits
from toolkit.studies.gate.stored import alerts_now

_QUALITY = Param(name="max-quality-drop-db", default=0.5, low=0.0, high=100.0, unit="dB")
_KEYS = ("trials", "plugins", "images", "size", "megapixels")


def configure(parser: Parser, arguments: list[str]) -> None:
    add = parser.add_argument
    add("trials", nargs="*", metavar="TRIAL", help="a trial, such as oil_painting@numba:threads=2")
    add("--preset", metavar="FILE", help=f"a YAML file with the keys {', '.join(_KEYS)}")
    base_help = "baseline: a commit, branch, tag, last-green (the last commit that passed), or store file"
    against = parser.add_mutually_exclusive_group(required=True)
    against.add_argument("--baseline", metavar="REF", help=base_help)
    stored_help = (
        "compare new times of the trials with their stored times: this can raise an alert, but "
        "gives no verdict"
    )
    against.add_argument("--against-stored", action="store_true", help=stored_help)
    add(
        "--max-slowdown",
        type=_share,
        default=0.03,
        metavar="SHARE",
        help="allowed slowdown of a trial, such as 5%%; default 3%%",
    )
    add(
        "--max-memory-growth",
        type=_share,
        metavar="SHARE",
        help="allowed growth of peak memory, such as 5%%; default: any growth is allowed",
    )
    drop = reads(_QUALITY, "atelier gate")
    add(
        "--max-quality-drop-db",
        type=drop,
        metavar="DB",
        help="allowed loss of the pictures' PSNR to ground truth",
    )
    add_input(parser)
    add_budget(parser, "the measurements of one trial")
    add("--junit", metavar="FILE", help="write the verdicts on the trials as JUnit XML")
    add("--markdown", metavar="FILE", help="write the verdicts on the trials as markdown, for a pull request")
    parser.add_store()
    parser.add_json()
    parser.add_plugins()


def run(args: argparse.Namespace) -> int:
    limits = Limits(
        slowdown=args.max_slowdown,
        memory_growth=args.max_memory_growth,
        quality_drop_db=args.max_quality_drop_db,
    )
    trials, plugins = _trials(args)
    tell = (lambda sentence: None) if args.quiet else (lambda sentence: print(sentence, file=sys.stderr))
    if args.against_stored:
        return _against_stored(args, trials, tell)
    for file in filter(None, (args.junit, args.markdown)):
        check_writable(file)
    if Path(args.baseline).is_file():
        found = measured_apart(trials, baseline=args.baseline, limits=limits)
    else:
        beside = Path(plugins[0]).resolve() if plugins else None
        found = gate(
            trials,
            baseline=args.baseline,
            limits=limits,
            folder=beside,
            budget_s=args.budget,
            tell=tell,
        )
    if args.junit:
        write_whole(args.junit, junit(found))
    if args.markdown:
        write_whole(args.markdown, markdown(found))
    print_json(as_plain(found)) if args.json else print(found)
    return found.exit_code


def _against_stored(args: argparse.Namespace, trials: list[Trial], tell: Callable[[str], None]) -> int:
    """Measure the trials, and print whether their times differ from the stored history of earlier runs."""
    if args.junit or args.markdown:
        raise InvalidValue(
            "--junit and --markdown need a verdict; --against-stored gives none. Use --baseline REF."
        )
    found = alerts_now(trials, Store(args.store), tell=tell)
    print_json(found.to_dict()) if args.json else print(found)
    return found.exit_code


def _trials(args: argparse.Namespace) -> tuple[list[Trial], list[str]]:
    """The trials of the command line and of the preset, and the paths of the plug-ins."""
    preset = _preset(args.preset)
    plugins = load_plugins(args)
    beside = Path(args.preset).parent if args.preset else Path()
    plugins += tuple((path, load_plugin(path)) for path in (str(beside / name) for name in preset["plugins"]))
    given = {
        "images": tuple(args.images or preset["images"]),
        "size": args.size,
        "megapixels": args.megapixels if args.size or args.megapixels else preset["megapixels"],
    }
    if preset["size"] and not args.size and not args.megapixels:
        given["size"] = parse_size(str(preset["size"]))
    texts = (*args.trials, *preset["trials"])
    trials = [parse_trial(text, plugins=plugins, **given) for text in texts]
    return trials, [path for path, _ in plugins]


def _preset(file: str | None) -> dict[str, Any]:
    empty: dict[str, Any] = {"trials": [], "plugins": [], "images": [], "size": None, "megapixels": None}
    if file is None:
        return empty
    import yaml

    try:
        given = yaml.safe_load(Path(file).read_text()) or {}
    except (OSError, yaml.YAMLError) as error:
        raise InvalidValue(f"--preset must be a YAML file that can be read; got {file!r}: {error}") from None
    if not isinstance(given, dict):
        raise InvalidValue(
            f"--preset must hold keys ({', '.join(_KEYS)}); got {file!r} with {type(given).__name__}."
        )
    for key in given:
        if key not in _KEYS:
            raise unknown("key of --preset", str(key), _KEYS)
    lists = {key: _listed(value) for key, value in given.items() if isinstance(empty[key], list)}
    return {**empty, **given, **lists}


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])


def _share(text: str) -> float:
    """Convert the text of a share, such as ``3%`` or ``0.03``, to a number."""
    number = text.strip().removesuffix("%").strip()
    try:
        value = float(number) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 < value <= 10:
        raise argparse.ArgumentTypeError(f"must be a share above 0, such as 3% or 0.03; got {text!r}")
    return value
