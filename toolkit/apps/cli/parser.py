"""Define an argument parser whose errors are one sentence each, and make options from declared Params."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from toolkit.core.errors import InvalidValue, invalid, unknown

if TYPE_CHECKING:
    from toolkit.core.params import Param, Value

Read = TypeVar("Read")


class Parser(argparse.ArgumentParser):
    """An `argparse.ArgumentParser` that raises `InvalidValue` instead of printing the usage and exiting."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        raise InvalidValue(f"{message.rstrip('.')}. See {self.prog} --help.")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            noun = action.option_strings[0] if action.option_strings else str(action.metavar).lower()
            raise unknown(noun, value, action.choices)

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:
        known, extra = super().parse_known_args(args, namespace)
        if extra:
            option = next((word for word in extra if word.startswith("-")), None)
            if option is None:
                self.error(f"unexpected argument {extra[0]!r}")
            options = [name for name in self._option_string_actions if name.startswith("--")]
            raise unknown(f"option of {self.prog}", option.partition("=")[0], options)
        return known, extra

    def first_argument(self, args: Sequence[str]) -> argparse.Namespace:
        """Parse the options that are already added, and store the first positional argument as ``first``."""
        parser = Parser(add_help=False)
        for action in self._actions:
            if action.option_strings and "--help" not in action.option_strings:
                parser._add_action(action)
        parser.add_argument("first", nargs="?")
        return argparse.ArgumentParser.parse_known_args(parser, args)[0]

    def add_actions(self, summaries: Mapping[str, str]) -> list[Parser]:
        """Add the actions of a command, such as ``show`` and ``clear``; returns the parser of each action."""
        actions = self.add_subparsers(dest="action", metavar="ACTION", required=True)
        parsers = [actions.add_parser(name, help=summary) for name, summary in summaries.items()]
        for parser in parsers:
            parser.add_verbosity()
        return parsers

    def add_verbosity(self) -> None:
        """Add ``-v`` and ``-q``, which a user may write before or after the name of the command."""
        # Any other default would reset an option that the user wrote before the name of the command.
        absent = argparse.SUPPRESS
        verbose_help = "print more messages, and the traceback of an error; -vv prints debug messages"
        self.add_argument("-v", "--verbose", action="count", default=absent, help=verbose_help)
        quiet_help = "print no progress and no notices"
        self.add_argument("-q", "--quiet", action="store_true", default=absent, help=quiet_help)

    def add_json(self) -> None:
        self.add_argument("--json", action="store_true", help="print JSON instead of tables")

    def add_store(self) -> None:
        store_help = "SQLite file of the measurements; default: data/results/atelier.sqlite in ATELIER_HOME"
        self.add_argument("--store", metavar="PATH", help=store_help)

    def add_plugins(self) -> None:
        plugin_help = "a Python file that defines an operation or a backend"
        self.add_argument("--plugin", action="append", default=[], metavar="PATH", help=plugin_help)

    def add_params(self, params: Sequence[Param], owner: str) -> None:
        """Add an option for each parameter; the help shows the bounds, the unit and the default."""
        group = self.add_argument_group(f"parameters of {owner}")
        for param in params:
            choices = "{" + ",".join(map(str, param.choices)) + "}" if param.choices else ""
            about = f"{param.help}: " if param.help else ""
            group.add_argument(
                f"--{param.name}",
                dest=f"param:{param.name}",
                type=reads(param, owner),
                metavar=choices or param.unit.upper() or type(param.default).__name__.upper(),
                help=f"{about}{param.constraint}; default {param.default}".replace("%", "%%"),
            )


def reads(param: Param, owner: str, *, has_default: bool = True) -> Callable[[str], Value]:
    """Make the argparse type of an option whose value must satisfy the declaration `param`.

    If the option has no default, such as a limit, the error message does not name the default of `param`.
    """

    def read(text: str) -> Value:
        try:
            return param.parse(text, owner)
        except InvalidValue:
            if has_default:
                raise
            raise invalid(param.name, owner, param.constraint, text) from None

    return checked(read)


def checked(read: Callable[[str], Read]) -> Callable[[str], Read]:
    """Convert a function to an argparse type, so that argparse prints the message of an `InvalidValue`."""

    def convert(text: str) -> Read:
        try:
            return read(text)
        except InvalidValue as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return convert
