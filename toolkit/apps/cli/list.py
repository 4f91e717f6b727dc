"""List the names of operations, backends, executors and photos, for use in other commands."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from toolkit.apps.cli.output import print_json, print_table
from toolkit.apps.cli.parser import Parser
from toolkit.apps.cli.shared_options import load_plugins
from toolkit.contracts.backend import BACKENDS, Backend
from toolkit.contracts.operation import OPERATIONS, Operation
from toolkit.contracts.registry import Registry
from toolkit.core.errors import AtelierError
from toolkit.core.params import ShareOfSide, pair_text, value_text
from toolkit.images import photos
from toolkit.workers.executor import EXECUTORS, Executor

Item = dict[str, Any]

KINDS = ("operations", "backends", "executors", "images")


def configure(parser: Parser, arguments: list[str]) -> None:
    kinds = ", ".join(KINDS)
    parser.add_argument("kind", nargs="?", choices=KINDS, metavar="KIND", help=f"{kinds}; default: all kinds")
    parser.add_json()
    parser.add_plugins()


def run(args: argparse.Namespace) -> None:
    load_plugins(args)
    all_kinds = {
        "operations": (lambda: _items(OPERATIONS, _operation), _print_operations),
        "backends": (lambda: _items(BACKENDS, _backend), _print_backends),
        "executors": (lambda: _items(EXECUTORS, _executor), _print_executors),
        "images": (_images, _print_images),
    }
    found = {kind: all_kinds[kind][0]() for kind in KINDS if args.kind in (None, kind)}
    if args.json:
        print_json(found.get(args.kind, found))
        return
    for number, (kind, items) in enumerate(found.items()):
        if number:
            print()
        all_kinds[kind][1](items)
        if args.verbose and kind == "operations":
            _print_params(items)


def _items(registry: Registry[Any], describe: Callable[[Any], Item]) -> list[Item]:
    """Describe each plug-in; a plug-in that cannot be loaded is listed with its error message."""
    found = []
    for name in registry:
        try:
            found.append({"name": name, **describe(registry[name])})
        except AtelierError as error:
            found.append({"name": name, "problem": str(error)})
    return found


def _operation(operation: Operation) -> Item:
    return {
        "summary": operation.summary,
        "backends": _backends_of(operation),
        "params": [asdict(param) for param in operation.params],
        "presets": {
            name: {
                key: str(value) if isinstance(value, ShareOfSide) else value for key, value in preset.items()
            }
            for name, preset in operation.presets.items()
        },
    }


def _backends_of(operation: Operation) -> list[str]:
    """Backends that can run the operation; the preferred backends come first."""
    names = operation.ways()
    preferred = [name for name in operation.prefer if name in names]
    return preferred + [name for name in names if name not in preferred]


def _backend(backend: Backend) -> Item:
    installed = backend.is_installed()
    return {
        "installed": installed,
        "version": backend.version(),
        "devices": list(backend.devices),
        "precisions": list(backend.precisions),
        "options": [asdict(option) for option in backend.options],
        "install": "" if installed else backend.install,
    }


def _executor(executor: Executor) -> Item:
    return {
        "what": executor.help,
        "isolates": executor.isolates,
        "most_workers": executor.most_workers,
        "options": [asdict(option) for option in executor.options],
    }


def _images() -> list[Item]:
    found = []
    for name in photos.names():
        sample = photos.SAMPLES.get(name)
        about, credit = (sample.about, sample.credit) if sample else ("your own file in data/images", "")
        found.append({"name": name, "about": about, "credit": credit})
    return found


def _print_operations(items: list[Item]) -> None:
    rows = [[i["name"], ", ".join(i.get("backends", ())), i.get("summary", i.get("problem"))] for i in items]
    print_table(("operation", "runs on", "what the operation does"), rows)
    print("\natelier apply OPERATION --help shows the parameters of an operation.")


def _print_params(items: list[Item]) -> None:
    params, presets = [], []
    for item in items:
        for param in item.get("params", ()):
            unit = f" {param['unit']}" if param["unit"] else ""
            params.append(
                [item["name"], param["name"], f"{value_text(param['default'])}{unit}", param["help"]]
            )
        for name, preset in item.get("presets", {}).items():
            presets.append([item["name"], name, " ".join(pair_text(*pair) for pair in preset.items())])
    print()
    print_table(("operation", "parameter", "default", "meaning"), params)
    print()
    print_table(("operation", "preset", "parameters"), presets)
    print(
        "\natelier apply OPERATION IN OUT --preset NAME uses a preset; in a trial write OPERATION:preset=NAME."
    )


def _print_backends(items: list[Item]) -> None:
    rows, options = [], []
    for i in items:
        version = "problem" if "problem" in i else i["version"] or "not installed"
        lists = [", ".join(i.get(name, ())) for name in ("devices", "precisions")]
        rows.append([i["name"], version, *lists, i.get("problem") or i["install"]])
        for option in i.get("options", ()):
            options.append([f"{i['name']}:{option['name']}={_choices(option)}", option["help"]])
    print_table(("backend", "version", "devices", "precisions", "to install"), rows)
    if options:
        print()
        print_table(("option, as in --backends NAME:OPTION=VALUE", "what the option does"), options)


def _print_executors(items: list[Item]) -> None:
    rows = [
        [i["name"], "yes" if i.get("isolates") else "no", i.get("what") or i.get("problem")] for i in items
    ]
    print_table(("executor", "own processes", "its workers"), rows)
    print("\natelier bench OPERATION --executor all --workers 1,2 measures which executor is fastest.")


def _choices(option: Item) -> str:
    if isinstance(option["default"], bool):
        return "false|true"
    return "|".join(map(str, option["choices"])) or str(option["default"])


def _print_images(items: list[Item]) -> None:
    rows = [[i["name"], i["about"], i["credit"]] for i in items]
    print_table(("image", "what the picture shows", "source"), rows)
    print("\nCommands also accept the path of any picture file.")
