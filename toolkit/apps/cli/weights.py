"""Published weights: which there are, which are on this machine, and how to get the others."""

from __future__ import annotations

import argparse
from pathlib import Path

from toolkit.apps.cli.output import print_json, print_table
from toolkit.apps.cli.parser import Parser
from toolkit.core import units
from toolkit.models import weights
from toolkit.models.published import WEIGHTS

WRONG = 2


def configure(parser: Parser, arguments: list[str]) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listed = actions.add_parser(
        "list", help="every published file, its source and licence, and whether it is here"
    )
    listed.add_json()
    named = {
        "fetch": "download files from their sources into the cache",
        "verify": "check the checksums of what is here",
        "where": "print where files lie on this machine",
    }
    for name, summary in named.items():
        action = actions.add_parser(name, help=summary)
        action.add_argument(
            "names", nargs="+" if name != "verify" else "*", metavar="FILE", help="a published file"
        )
    imported = actions.add_parser("import", help="copy a file that you have into the cache")
    imported.add_argument("files", nargs="+", metavar="FILE", help="its checksum says which one it is")
    for action in actions.choices.values():
        action.add_verbosity()


def run(args: argparse.Namespace) -> int:
    if args.action == "list":
        _list(as_json=args.json)
    elif args.action == "verify":
        return _verify(args.names)
    elif args.action == "import":
        for file in args.files:
            entry = weights.import_file(Path(file))
            print(f"{file}: {entry.name}, in the cache now")
    else:
        for name in args.names:
            print(weights.fetch(name) if args.action == "fetch" else weights.find(name))
    return 0


def _list(*, as_json: bool) -> None:
    here = {name: weights.where(name) for name in WEIGHTS}
    if as_json:
        print_json(
            {
                name: {
                    "source": str(entry.source),
                    "licence": entry.source.licence,
                    "checksum": entry.checksum,
                    "bytes": entry.size_bytes,
                    "path": None if here[name] is None else str(here[name]),
                }
                for name, entry in WEIGHTS.items()
            }
        )
        return
    rows = [
        [
            name,
            _size(here[name], entry.size_bytes),
            entry.source.licence,
            _state(here[name], entry.size_bytes),
            entry.source,
        ]
        for name, entry in WEIGHTS.items()
    ]
    print_table(("file", "size", "licence", "here", "source"), rows, right=(1,))


def _size(path: Path | None, size_bytes: int | None) -> str:
    if path is not None:
        return units.byte_count(path.stat().st_size)
    return "n/a until fetched" if size_bytes is None else units.byte_count(size_bytes)


def _state(path: Path | None, size_bytes: int | None) -> str:
    """Whether a file is here; its size tells a truncated one at once, its checksum is for ``verify``."""
    if path is None:
        return "no"
    return "yes" if size_bytes in (None, path.stat().st_size) else "wrong size"


def _verify(names: list[str]) -> int:
    """Files that are not here are no fault, unless they were named."""
    said = weights.verify(names)
    wrong = {name: sentence for name, sentence in said.items() if sentence and (names or weights.where(name))}
    for sentence in wrong.values():
        print(sentence)
    right = [name for name, sentence in said.items() if not sentence]
    print(f"{len(right)} of {len(said)} published files are here and right.")
    return WRONG if wrong else 0
