"""Search for the fastest settings of an operation within limits, and write or verify a configuration to deploy."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from statistics import median
from typing import Any

from toolkit.apps.cli.output import print_json
from toolkit.apps.cli.parser import Parser, checked, reads
from toolkit.apps.cli.shared_options import UNFINISHED, load_plugins
from toolkit.contracts.notation import parse_settings, parse_size
from toolkit.contracts.operation import OPERATIONS
from toolkit.core import units
from toolkit.core.choices import Device
from toolkit.core.errors import InvalidValue, TrialFailed, invalid, unknown
from toolkit.core.params import Param, Value
from toolkit.core.quantities import parse_duration
from toolkit.images.photos import DEFAULT_POOL
from toolkit.results.store.store import Store
from toolkit.studies.tune.answers import Study
from toolkit.studies.tune.configuration import environment_of, read_configuration, warn_of_difference
from toolkit.studies.tune.constraints import Fault, Look
from toolkit.studies.tune.objective import Objective
from toolkit.studies.tune.study import BUDGET_S, tune
from toolkit.studies.tune.verify import Holds, verify

NOTHING_FEASIBLE = TrialFailed.exit_code

_OWNER = "atelier tune"
_LIMITS = {
    "max-p95-ms": (
        Param(name="max-p95-ms", default=1.0, low=1e-3, high=1e7, unit="ms"),
        "largest 95th percentile of the time of a call",
    ),
    "min-agreement-db": (
        Param(name="min-agreement-db", default=40.0, low=1.0, high=200.0, unit="dB"),
        "least PSNR of a result against the reference output",
    ),
    "min-psnr-db": (
        Param(name="min-psnr-db", default=30.0, low=1.0, high=200.0, unit="dB"),
        "least PSNR of a result against ground truth, or, with --cap, against the full-size result",
    ),
    "max-memory-mb": (
        Param(name="max-memory-mb", default=1.0, low=1.0, high=1e7, unit="MB"),
        "largest peak memory of all processes",
    ),
}
_CAP = Param(name="cap", default=1.0, low=1e-4, high=400.0, unit="MP")


def configure(parser: Parser, arguments: list[str]) -> None:
    parser.usage = "atelier tune OPERATION [--minimize latency] [--size WxH] [--out FILE.yaml] [...]"
    add = parser.add_argument
    add(
        "operation",
        nargs="?",
        metavar="OPERATION",
        help="name of an operation, from: atelier list operations",
    )
    goal_help = f"what to minimize: {', '.join(Objective)}; default {Objective.LATENCY}"
    add("--minimize", default=Objective.LATENCY, choices=tuple(Objective), metavar="WHAT", help=goal_help)
    size_help = "size of the input picture in px, such as 1280x720; default: 1 MP"
    add("--size", type=checked(parse_size), metavar="WxH", help=size_help)
    limits = parser.add_argument_group("limits that the settings must keep")
    for name, (param, text) in _LIMITS.items():
        limit = reads(param, _OWNER, has_default=False)
        limits.add_argument(f"--{name}", type=limit, metavar=param.unit.upper(), help=text)
    budget_help = f"time for the search, such as 5min; default {units.seconds(BUDGET_S)}"
    add("--budget", type=checked(_duration), default=BUDGET_S, metavar="TIME", help=budget_help)
    add(
        "--images",
        nargs="+",
        default=[],
        metavar="NAME",
        help="photos on which the operation runs; default: two sample photos",
    )
    add(
        "--device",
        default=Device.CPU,
        metavar="NAME",
        help=f"processor: {' or '.join(Device)}; default {Device.CPU}",
    )
    param_help = "the fixed value of a parameter; other parameters have their defaults"
    add("--param", nargs="+", default=[], metavar="NAME=VALUE", help=param_help)
    vary_help = "values of a parameter that the search may choose, such as --vary sigma_s=20,60"
    add("--vary", nargs="+", default=[], metavar="NAME=V,V", help=vary_help)
    cap_help = "sizes, MP, to which the search may shrink the picture first; needs --min-psnr-db"
    cap = reads(_CAP, _OWNER, has_default=False)
    add("--cap", nargs="+", type=cap, default=[], metavar="MP", help=cap_help)
    out_help = (
        "write the fastest settings (the winner) to this configuration file; without a winner, write nothing"
    )
    add("--out", metavar="FILE.yaml", help=out_help)
    add("--force", action="store_true", help="overwrite FILE.yaml")
    instead = parser.add_argument_group("actions instead of a search")
    verify_help = (
        "measure a configuration and the default settings in turns, in under a minute: exit code 0 if the "
        "configuration is still faster than the default and within its limits, "
    )
    verify_help += "4 if not, 5 if the measurement cannot decide"
    instead.add_argument("--verify", metavar="FILE", help=verify_help)
    env_help = "print the environment variables to set before a process runs a configuration"
    instead.add_argument("--env", metavar="FILE", help=env_help)
    app_help = "tune by eye in the browser: serve the tuner of OPERATION, on the first photo of --images"
    instead.add_argument("--app", action="store_true", help=app_help)
    parser.add_store()
    parser.add_json()
    parser.add_plugins()


def run(args: argparse.Namespace) -> int:
    if args.env is not None:
        return _print_environment(args)
    if args.verify is not None:
        return _verify(args)
    if args.operation is None:
        raise InvalidValue(
            "atelier tune needs an OPERATION, --verify FILE or --env FILE; see atelier tune --help."
        )
    if args.app:
        return _serve(args)
    if args.out is not None:
        _check_out(Path(args.out), force=args.force)
    study = _search(args)
    if args.out is not None and study.winner is not None:
        study.configuration().write(args.out)
    print_json(study.to_dict()) if args.json else print(study)
    if args.out is not None and not args.quiet:
        print(_what_happened_to(args.out, study), file=sys.stderr)
    if not study.is_finished:
        return UNFINISHED
    return 0 if study.is_found else NOTHING_FEASIBLE


def _what_happened_to(out: str, study: Study) -> str:
    """A sentence that says whether the configuration file was written, and why not."""
    if study.winner is not None:
        return f"{out}: written; to run this configuration: atelier apply --config {out} IN OUT"
    if study.is_found:
        return f"{out}: not written, because no winner is named: no settings were found to be the fastest."
    return f"{out}: not written, because no settings that keep the limits were found."


def _serve(args: argparse.Namespace) -> int:
    """Serve the tuner as a web page, with the parameters of the command line as initial settings."""
    from toolkit.apps.widgets.app import serve_app

    load_plugins(args)
    declared = OPERATIONS[args.operation].params
    settings = parse_settings(",".join(args.param), declared, noun="parameter", owner=args.operation)
    photo = args.images[0] if args.images else DEFAULT_POOL[0]
    return serve_app(
        args.operation,
        photo,
        settings=dict(settings),
        plugins=args.plugin,
        opens_browser=not args.quiet,
    )


def _search(args: argparse.Namespace) -> Study:
    given = {name.replace("-", "_"): getattr(args, name.replace("-", "_")) for name in _LIMITS}
    said = None if args.quiet else lambda sentence: print(sentence, file=sys.stderr)
    plugins = load_plugins(args)
    declared = OPERATIONS[args.operation].params
    try:
        return tune(
            args.operation,
            minimize=args.minimize,
            size=args.size,
            budget_s=args.budget,
            images=tuple(args.images),
            device=args.device,
            params=dict(
                parse_settings(",".join(args.param), declared, noun="parameter", owner=args.operation)
            ),
            vary=_varied(args),
            caps_mp=tuple(args.cap),
            plugins=plugins,
            store=Store(args.store),
            on_look=(lambda *seen: None) if args.quiet else _print_look,
            on_wait=said,
            **given,
        )
    except KeyboardInterrupt:
        raise KeyboardInterrupt("interrupted; to continue, run the same command again.") from None


def _print_look(label: str, look: Look, spent_s: float) -> None:
    seen = look.note if look.fault is not Fault.NONE else _seen(look)
    print(f"{spent_s:4.0f} s  {label}: {seen}", file=sys.stderr, flush=True)


def _seen(look: Look) -> str:
    quality = (
        ""
        if look.agreement_db is None or look.agreement_db == float("inf")
        else f", {look.agreement_db:.1f} dB"
    )
    memory = "" if look.memory_bytes is None else f", {units.byte_count(look.memory_bytes)}"
    return f"{units.seconds(median(look.calls_s))}{quality}{memory}" if look.calls_s else "no call"


def _varied(args: argparse.Namespace) -> dict[str, list[Value]]:
    """The parameters of ``--vary`` with their values, after a check."""
    declared = {param.name: param for param in OPERATIONS[args.operation].params}
    found: dict[str, list[Value]] = {}
    for text in args.vary:
        name, equals, values = text.partition("=")
        if not equals:
            raise InvalidValue(f"--vary must be NAME=VALUE,VALUE; got {text!r}.")
        if name not in declared:
            raise unknown(f"parameter of {args.operation}", name, declared)
        found[name] = [declared[name].parse(value, args.operation) for value in values.split(",")]
    return found


def _verify(args: argparse.Namespace) -> int:
    configuration = read_configuration(args.verify)
    warn_of_difference(configuration)
    said = None if args.quiet else lambda sentence: print(sentence, file=sys.stderr)
    verified = verify(configuration, on_wait=said)
    if args.json:
        print_json({"outcome": verified.outcome, "sentences": list(verified.reasons)})
    else:
        print(verified)
    return {Holds.YES: 0, Holds.NO: NOTHING_FEASIBLE, Holds.UNKNOWN: UNFINISHED}[Holds(verified.outcome)]


def _print_environment(args: argparse.Namespace) -> int:
    variables: dict[str, Any] = environment_of(read_configuration(args.env))
    if args.json:
        print_json(variables)
    else:
        for name, value in variables.items():
            print(f"{name}={value}")
    return 0


def _check_out(path: Path, *, force: bool) -> None:
    """Raise an error if the configuration file cannot be written, before anything is measured."""
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise invalid("--out", _OWNER, "a path ending in .yaml", str(path))
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise invalid("--out", _OWNER, "a file in a folder that exists", str(path))
    if path.exists() and not force:
        raise invalid(
            "--out", _OWNER, "a new file", str(path), "Choose another name, or overwrite it with --force."
        )


def _duration(text: str) -> float:
    """The duration in --budget, s; a number without a unit is in seconds."""
    written = f"{text}s" if text.replace(".", "", 1).isdigit() else text
    return parse_duration(written, name="budget", owner=_OWNER)
