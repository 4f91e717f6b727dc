"""Run one operation on a picture and write the result to a file, or on several pictures into a folder."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolkit.apps.cli.parser import Parser
from toolkit.apps.cli.shared_options import add_operation_options, params_of, placement_of
from toolkit.contracts.apply import apply, apply_many
from toolkit.contracts.operation import OPERATIONS
from toolkit.core.errors import AtelierError, InvalidValue
from toolkit.images.decode import decode
from toolkit.images.encode import holds
from toolkit.images.image import Image, check_destination, save
from toolkit.images.photos import photo_file

SOME_FAILED = 1

_AT_A_TIME = 16
"""Number of pictures in memory at once; the model is loaded once for each group of this size."""


def configure(parser: Parser, arguments: list[str]) -> None:
    add = parser.add_argument
    add("operation", metavar="OPERATION", help="a name from: atelier list operations")
    add("images", nargs="+", metavar="IN", help="a picture file, or a name from: atelier list images")
    out_help = "the file to write (its suffix sets the format), or an existing folder for several pictures"
    add("out", metavar="OUT", help=out_help)
    add("--force", action="store_true", help="overwrite OUT")
    usage = "atelier apply OPERATION IN [IN ...] OUT [--parameter VALUE ...]"
    add_operation_options(parser, arguments, usage=usage)


def run(args: argparse.Namespace) -> int:
    how = {**placement_of(args), **params_of(args)}
    if Path(args.out).is_dir():
        return _into_folder(args, how, Path(args.out))
    if len(args.images) > 1:
        raise InvalidValue(f"OUT must be an existing folder for several pictures; got {args.out!r}.")
    out = check_destination(args.out, force=args.force)
    _keep(apply(args.operation, _read(args.images[0], out, args), **how), out, how, args)
    return 0


def _into_folder(args: argparse.Namespace, how: Mapping[str, Any], folder: Path) -> int:
    """Write each result under the name of its picture; print an error for each picture that fails, and go on."""
    operation = OPERATIONS[args.operation]
    resolved, taken, failed = operation.resolve(params_of(args)), set[Path](), list[str]()

    def report(name: str, error: AtelierError) -> None:
        failed.append(name)
        print(f"atelier: {name} failed: {error}", file=sys.stderr)

    for start in range(0, len(args.images), _AT_A_TIME):
        ready: list[tuple[str, Path, Image]] = []
        for name in args.images[start : start + _AT_A_TIME]:
            try:
                out = folder / _name_for(name, operation.shape(1, 1, resolved)[2])
                picture = _read(name, out, args)
                if out in taken:
                    raise InvalidValue(f"two pictures would be written to {str(out)!r}; rename one.")
                ready.append((name, check_destination(out, force=args.force), picture))
                taken.add(out)
            except AtelierError as error:
                report(name, error)
        outputs = apply_many(operation.name, [picture for _, _, picture in ready], **how)
        for (name, out, _), output in zip(ready, outputs, strict=True):
            try:
                if isinstance(output, AtelierError):
                    raise output
                _keep(output, out, how, args)
            except AtelierError as error:
                report(name, error)
    if failed:
        print(f"atelier: {len(failed)} of {len(args.images)} pictures failed.", file=sys.stderr)
    return SOME_FAILED if failed else 0


def _read(name: str, out: Path, args: argparse.Namespace) -> Image:
    """A picture, with alpha if the operation and the file to write keep it; prints what is lost of the file."""
    found = decode(photo_file(name))
    keeps_alpha = OPERATIONS[args.operation].keeps_alpha and holds(out.suffix.lower(), 4)
    losses = found.losses(keeps_alpha=keeps_alpha)
    if losses and not args.quiet:
        print(f"atelier: {name}: {', '.join(losses)}.", file=sys.stderr)
    return found.with_alpha if keeps_alpha else found.image


def _name_for(name: str, channels: int) -> str:
    """File name of the result: the picture's name, but as .png if the picture's format cannot hold the result."""
    path = Path(name)
    return path.name if holds(path.suffix.lower(), channels) else f"{path.stem}.png"


def _keep(result: Image, out: Path, how: Mapping[str, Any], args: argparse.Namespace) -> None:
    save(result, out, force=args.force)
    if not args.quiet:
        height, width = result.shape[:2]
        untrained = " (untrained)" if how.get("weights") == "untrained" else ""
        print(f"{out}: {args.operation}{untrained}, {width} x {height} px")
