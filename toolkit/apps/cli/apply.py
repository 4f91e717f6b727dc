"""Run one operation on a picture and save the result; or on several, each into a folder."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolkit.apps.cli.parser import Parser, given_params
from toolkit.contracts import apply as core_run
from toolkit.contracts.operation import OPERATIONS, Operation, load_plugin
from toolkit.contracts.trial import KEYS
from toolkit.core.errors import AtelierError, InvalidValue
from toolkit.images import image as image_file
from toolkit.images import photos
from toolkit.images.encode import holds
from toolkit.images.image import Image

SOME_FAILED = 1

_AT_A_TIME = 16
"""Pictures in memory together; the model is loaded anew for the next ones."""


def configure(parser: Parser, arguments: list[str]) -> None:
    parser.usage = "atelier apply OPERATION IN [IN ...] OUT [--parameter VALUE ...]"
    parser.add_argument("operation", metavar="OPERATION", help="a name from: atelier list operations")
    parser.add_argument(
        "images", nargs="+", metavar="IN", help="a picture file, or a name from: atelier list images"
    )
    parser.add_argument(
        "out",
        metavar="OUT",
        help="the file to write, its suffix chooses the format; of several pictures a folder",
    )
    _add_options(parser)
    named = _operation_in(arguments)
    if named is None:
        parser.epilog = "Each operation has parameters of its own: atelier apply OPERATION --help"
        return
    operation = OPERATIONS[named]
    parser.usage = f"atelier apply {named} IN [IN ...] OUT [--parameter VALUE ...]"
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


def run(args: argparse.Namespace) -> int:
    operation = OPERATIONS[args.operation]
    params = given_params(args, operation.params, operation.name)
    if getattr(args, "preset", None) is not None:
        params["preset"] = args.preset
    threads = next(key for key in KEYS if key.name == "threads")
    how = {
        "backend": args.backend,
        "threads": None if args.threads is None else int(threads.parse(args.threads, "apply")),
        "precision": args.precision,
        "device": args.device,
        **params,
    }
    out = Path(args.out)
    if out.is_dir():
        return _into_folder(args, operation, params, how, out)
    if len(args.images) > 1:
        raise InvalidValue(
            f"OUT must be a folder that exists where several pictures go in; got {args.out!r}."
        )
    out = image_file.check_destination(args.out, force=args.force)
    picture = photos.photo(args.images[0])
    _keep(core_run.apply(operation.name, picture, **how), out, operation.name, how, args)
    return 0


def _into_folder(
    args: argparse.Namespace,
    operation: Operation,
    params: Mapping[str, Any],
    how: Mapping[str, Any],
    folder: Path,
) -> int:
    """Each picture under its own name; one that fails is told and leaves the others alone."""
    resolved, taken, failed = operation.resolve(params), set[Path](), 0

    def tell(name: str, error: AtelierError) -> None:
        nonlocal failed
        failed += 1
        print(f"atelier: {name} failed: {error}", file=sys.stderr)

    for start in range(0, len(args.images), _AT_A_TIME):
        ready: list[tuple[str, Path, Image]] = []
        for name in args.images[start : start + _AT_A_TIME]:
            try:
                picture = photos.photo(name)
                out = folder / _name_for(name, operation.shape(*picture.shape[:2], resolved)[2])
                if out in taken:
                    raise InvalidValue(f"another of these pictures becomes {str(out)!r} too; rename one.")
                ready.append((name, image_file.check_destination(out, force=args.force), picture))
                taken.add(out)
            except AtelierError as error:
                tell(name, error)
        outputs = core_run.apply_many(operation.name, [picture for _, _, picture in ready], **how)
        for (name, out, _), output in zip(ready, outputs, strict=True):
            try:
                if isinstance(output, AtelierError):
                    raise output
                _keep(output, out, operation.name, how, args)
            except AtelierError as error:
                tell(name, error)
    if failed:
        print(f"atelier: {failed} of {len(args.images)} pictures failed.", file=sys.stderr)
    return SOME_FAILED if failed else 0


def _name_for(name: str, channels: int) -> str:
    """The picture's own file name, as PNG where its format cannot hold the result."""
    path = Path(name)
    return path.name if holds(path.suffix.lower(), channels) else f"{path.stem}.png"


def _keep(result: Image, out: Path, operation: str, how: Mapping[str, Any], args: argparse.Namespace) -> None:
    image_file.save(result, out, force=args.force)
    if not args.quiet:
        height, width = result.shape[:2]
        untrained = " (untrained)" if how.get("weights") == "untrained" else ""
        print(f"{out}: {operation}{untrained}, {width} x {height} px")
