"""Show or clear the cache: reference outputs, exported models, compiled kernels and downloaded weights."""

from __future__ import annotations

import argparse

from toolkit.apps.cli.output import print_json, print_table
from toolkit.apps.cli.parser import Parser
from toolkit.core import folders, units


def configure(parser: Parser, arguments: list[str]) -> None:
    summaries = {
        "show": "print the size of each kind of cached file",
        "clear": "delete cached files; Atelier makes or downloads a file again when a command needs it",
    }
    show, clear = parser.add_actions(summaries)
    show.add_json()
    kinds = folders.CACHE_KINDS
    kinds_help = f"kinds of cached files: {', '.join(kinds)}; default: all kinds"
    clear.add_argument("kinds", nargs="*", choices=kinds, metavar="KIND", help=kinds_help)


def run(args: argparse.Namespace) -> None:
    if args.action == "clear":
        for kind in args.kinds or folders.CACHE_KINDS:
            freed = folders.clear_cache(kind)
            if not args.quiet:
                print(f"{kind}: {units.byte_count(freed)} freed")
        return
    sizes = folders.cache_sizes_bytes()
    if args.json:
        print_json(
            {kind: {"path": folders.cache_folder(kind), "bytes": size} for kind, size in sizes.items()}
        )
        return
    rows = [[kind, units.byte_count(size), folders.cache_folder(kind)] for kind, size in sizes.items()]
    print_table(("kind", "size", "folder"), rows, right=(1,))
