"""List, find, download, verify or import the published weights of models."""

from __future__ import annotations

import argparse
from pathlib import Path

from toolkit.apps.cli.output import print_json, print_table
from toolkit.apps.cli.parser import Parser
from toolkit.core import units
from toolkit.models import weights
from toolkit.models.published import WEIGHTS

WRONG = 2

_ACTIONS = {
    "list": "print each published weights file, its source and licence, and whether this machine has the file",
    "fetch": "download published weights files from their sources into the cache",
    "verify": "check the checksums of the weights files that are on this machine",
    "where": "print the paths of weights files on this machine",
    "import": "copy weights files that you already have into the cache",
}


def configure(parser: Parser, arguments: list[str]) -> None:
    list_action, fetch, verify, where, import_action = parser.add_actions(_ACTIONS)
    list_action.add_json()
    for action, count in ((fetch, "+"), (verify, "*"), (where, "+")):
        action.add_argument("names", nargs=count, metavar="FILE", help="name of a published weights file")
    files_help = "a weights file with any name; the checksum identifies the file"
    import_action.add_argument("files", nargs="+", type=Path, metavar="FILE", help=files_help)


def run(args: argparse.Namespace) -> int:
    if args.action == "list":
        _list(as_json=args.json)
    elif args.action == "verify":
        return _verify(args.names)
    elif args.action == "import":
        for file in args.files:
            print(f"{file}: copied into the cache as {weights.import_file(file).name}")
    else:
        for name in args.names:
            print(weights.fetch(name) if args.action == "fetch" else weights.find(name))
    return 0


def _list(*, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                name: {
                    "source": str(entry.source),
                    "licence": entry.source.licence,
                    "checksum": entry.checksum,
                    "bytes": entry.size_bytes,
                    "path": weights.where(name),
                }
                for name, entry in WEIGHTS.items()
            }
        )
        return
    rows = []
    for name, entry in WEIGHTS.items():
        size, is_here = _size_and_state(weights.where(name), entry.size_bytes)
        rows.append([name, size, entry.source.licence, is_here, entry.source])
    print_table(("file", "size", "licence", "here", "source"), rows, right=(1,))


def _size_and_state(path: Path | None, published_bytes: int | None) -> tuple[str, str]:
    """The size of a file as text, and whether the file is on this machine: yes, no, or wrong size (truncated)."""
    if path is None:
        return "n/a until fetched" if published_bytes is None else units.byte_count(published_bytes), "no"
    size_bytes = path.stat().st_size
    return units.byte_count(size_bytes), "yes" if published_bytes in (None, size_bytes) else "wrong size"


def _verify(names: list[str]) -> int:
    """Print the files with a wrong checksum; a missing file is an error only if the user named it."""
    problems = weights.verify(names)
    wrong = [problem for name, problem in problems.items() if problem and (names or weights.where(name))]
    if wrong:
        print("\n".join(wrong))
    n_right = list(problems.values()).count("")
    print(f"{n_right} of {len(problems)} published files are on this machine and have the right checksum.")
    return WRONG if wrong else 0
