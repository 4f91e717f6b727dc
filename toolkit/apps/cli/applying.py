"""Run one operation on one picture and save the result."""

from __future__ import annotations

import argparse

from toolkit.apps.cli.parser import Parser, given_params
from toolkit.core import image as image_file
from toolkit.core import photos
from toolkit.core import run as core_run
from toolkit.core.operation import OPERATIONS, load_plugin
from toolkit.core.trial import KEYS


def configure(parser: Parser, arguments: list[str]) -> None:
    parser.usage = "atelier apply OPERATION IN OUT [--parameter VALUE ...]"
    parser.add_argument("operation", metavar="OPERATION", help="a name from: atelier list operations")
    parser.add_argument("image", metavar="IN", help="a picture file, or a name from: atelier list images")
    parser.add_argument("out", metavar="OUT", help="the file to write; its suffix chooses the format")
    _add_options(parser)
    named = _operation_in(arguments)
    if named is None:
        parser.epilog = "Each operation has parameters of its own: atelier apply OPERATION --help"
        return
    operation = OPERATIONS[named]
    parser.usage = f"atelier apply {named} IN OUT [--parameter VALUE ...]"
    parser.description = operation.summary
    parser.add_params(operation.params, named)
    if operation.presets:
        names = ",".join(operation.presets)
        parser.add_argument(
            "--preset", metavar=f"{{{names}}}", help="several parameters at once; those given beside it win"
        )


def _add_options(parser: Parser) -> None:
    parser.add_argument(
        "--backend", metavar="NAME", help="default: the one the operation prefers at this size"
    )
    parser.add_argument("--threads", metavar="N", help="default: every processor that this process may use")
    parser.add_argument(
        "--precision", metavar="NAME", default="fp32", help="of a model's arithmetic; default fp32"
    )
    parser.add_argument("--device", metavar="NAME", default="cpu", help="cpu or cuda; default cpu")
    parser.add_argument("--force", action="store_true", help="overwrite OUT")
    parser.add_plugins()


def _operation_in(arguments: list[str]) -> str | None:
    """The operation, known before its own options are; plug-ins are loaded on the way."""
    scout = Parser(add_help=False)
    scout.add_verbosity()
    _add_options(scout)
    scout.add_argument("operation", nargs="?")
    known, _ = scout.parse_known_args(arguments)
    for path in known.plugin:
        load_plugin(path)
    return known.operation


def run(args: argparse.Namespace) -> None:
    operation = OPERATIONS[args.operation]
    params = given_params(args, operation.params, operation.name)
    if getattr(args, "preset", None) is not None:
        params["preset"] = args.preset
    threads = next(key for key in KEYS if key.name == "threads")
    out = image_file.check_destination(args.out, force=args.force)
    picture = photos.photo(args.image)
    result = core_run.apply(
        operation.name,
        picture,
        backend=args.backend,
        threads=None if args.threads is None else int(threads.parse(args.threads, "apply")),
        precision=args.precision,
        device=args.device,
        **params,
    )
    image_file.save(result, out, force=args.force)
    if not args.quiet:
        height, width = result.shape[:2]
        untrained = " (untrained)" if params.get("weights") == "untrained" else ""
        print(f"{out}: {operation.name}{untrained}, {width} x {height} px")
