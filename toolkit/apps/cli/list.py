"""Operations, backends and photos that can be named in other commands."""

from __future__ import annotations

import argparse
from typing import Any

from toolkit.apps.cli.output import print_json, print_table
from toolkit.apps.cli.parser import Parser
from toolkit.contracts.backend import BACKENDS
from toolkit.contracts.operation import OPERATIONS, Operation, load_plugin
from toolkit.core.errors import AtelierError, unknown
from toolkit.core.params import Param
from toolkit.images import photos

KINDS = ("operations", "backends", "images")


def configure(parser: Parser, arguments: list[str]) -> None:
    parser.add_argument("kind", nargs="?", metavar="KIND", help=f"{', '.join(KINDS)}; default: all three")
    parser.add_json()
    parser.add_plugins()


def run(args: argparse.Namespace) -> None:
    if args.kind not in (None, *KINDS):
        raise unknown("kind", args.kind, KINDS)
    for path in args.plugin:
        load_plugin(path)
    kinds = (args.kind,) if args.kind else KINDS
    found = {
        kind: {"operations": _operations, "backends": _backends, "images": _images}[kind]() for kind in kinds
    }
    if args.json:
        print_json(found[args.kind] if args.kind else found)
        return
    for number, kind in enumerate(kinds):
        if number:
            print()
        _print(kind, found[kind])


def _operations() -> list[dict[str, Any]]:
    return [_operation(name) for name in OPERATIONS]


def _operation(name: str) -> dict[str, Any]:
    try:
        operation = OPERATIONS[name]
    except AtelierError as error:
        return {"name": name, "problem": str(error)}  # one broken plug-in hides none of the others
    return {
        "name": name,
        "summary": operation.summary,
        "backends": _backends_of(operation),
        "params": _declared(operation.params),
    }


def _declared(params: tuple[Param, ...]) -> list[dict[str, Any]]:
    return [
        {
            "name": param.name,
            "default": param.default,
            "low": param.low,
            "high": param.high,
            "choices": list(param.choices),
            "unit": param.unit,
            "help": param.help,
        }
        for param in params
    ]


def _backends_of(operation: Operation) -> list[str]:
    names = []
    for name in BACKENDS:
        try:
            if operation.runs_on(BACKENDS[name]):
                names.append(name)
        except AtelierError:
            continue
    # What it prefers comes first, as `apply` would take it.
    return sorted(names, key=lambda name: operation.prefer.index(name) if name in operation.prefer else 99)


def _backends() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name in BACKENDS:
        try:
            backend = BACKENDS[name]
        except AtelierError as error:
            found.append({"name": name, "problem": str(error)})
            continue
        installed = backend.is_installed()
        found.append(
            {
                "name": name,
                "installed": installed,
                "version": backend.version(),
                "devices": list(backend.devices),
                "precisions": list(backend.precisions),
                "options": _declared(backend.options),
                "install": "" if installed else backend.install,
            }
        )
    return found


def _choices(option: dict[str, Any]) -> str:
    if isinstance(option["default"], bool):
        return "false|true"
    return "|".join(map(str, option["choices"])) or str(option["default"])


def _images() -> list[dict[str, Any]]:
    about = {name: (sample.about, sample.credit) for name, sample in photos.SAMPLES.items()}
    return [
        {
            "name": name,
            "about": about.get(name, ("yours, in data/images", ""))[0],
            "credit": about.get(name, ("", ""))[1],
        }
        for name in photos.names()
    ]


def _print(kind: str, items: list[dict[str, Any]]) -> None:
    if kind == "operations":
        rows = [
            [i["name"], ", ".join(i.get("backends", ())), i.get("summary", i.get("problem"))] for i in items
        ]
        print_table(("operation", "runs on", "what it does"), rows)
        print("\natelier apply OPERATION --help shows the parameters of one.")
    elif kind == "backends":
        rows = [
            [
                i["name"],
                i.get("version") or ("problem" if "problem" in i else "not installed"),
                ", ".join(i.get("devices", ())),
                ", ".join(i.get("precisions", ())),
                i.get("problem") or i["install"],
            ]
            for i in items
        ]
        print_table(("backend", "version", "devices", "precisions", "to install"), rows)
        options = [
            [f"{i['name']}:{option['name']}={_choices(option)}", option["help"]]
            for i in items
            for option in i.get("options", ())
        ]
        if options:
            print()
            print_table(("option, as in --backends NAME:OPTION=VALUE", "what it does"), options)
    else:
        print_table(
            ("image", "what it shows", "source"), [[i["name"], i["about"], i["credit"]] for i in items]
        )
        print("\nAny path to a picture file can be named too.")
