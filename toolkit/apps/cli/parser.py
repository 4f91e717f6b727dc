"""An argument parser whose complaints are the house's sentences, and options made from declared Params."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from toolkit.core.errors import InvalidValue, unknown

if TYPE_CHECKING:
    from toolkit.core.params import Param, Value


class Parser(argparse.ArgumentParser):
    """`argparse.ArgumentParser` that raises instead of printing the usage and leaving the process."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        raise InvalidValue(f"{message}. See {self.prog} --help.")

    def parse_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        known, extra = self.parse_known_args(args, namespace)
        if extra:
            parser = self._deepest(args or ())
            option = next((word for word in extra if word.startswith("-")), None)
            if option is None:
                parser.error(f"unexpected argument {extra[0]!r}")
            options = [name for name in parser._option_string_actions if name.startswith("--")]
            raise unknown(f"option of {parser.prog}", option.partition("=")[0], options)
        return known

    def add_verbosity(self) -> None:
        """``-v`` and ``-q``, before the command or after it."""
        # Suppressed defaults: the command's parser would otherwise reset what was given before it.
        self.add_argument(
            "-v", "--verbose", action="count", default=argparse.SUPPRESS,
            help="say more, and show the traceback of an error; twice for debugging",
        )  # fmt: skip
        self.add_argument(
            "-q", "--quiet", action="store_true", default=argparse.SUPPRESS, help="no progress and no notices"
        )

    def add_json(self) -> None:
        self.add_argument("--json", action="store_true", help="print JSON in place of tables")

    def add_plugins(self) -> None:
        self.add_argument(
            "--plugin",
            action="append",
            default=[],
            metavar="PATH",
            help="a Python file with an operation or backend",
        )

    def add_params(self, params: Sequence[Param], owner: str) -> None:
        """One option for each parameter, under its own name, with bounds, unit and default in the help."""
        group = self.add_argument_group(f"parameters of {owner}")
        for param in params:
            metavar = "{" + ",".join(map(str, param.choices)) + "}" if param.choices else None
            about = f"{param.help}: " if param.help else ""
            text = f"{about}{param.constraint}; default {param.default}"
            group.add_argument(
                f"--{param.name}", dest=f"param:{param.name}", default=None, help=text.replace("%", "%%"),
                metavar=metavar or (param.unit.upper() or type(param.default).__name__.upper()),
            )  # fmt: skip

    def _deepest(self, args: Sequence[str]) -> Parser:
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                named = next((word for word in args if word in action.choices), None)
                return action.choices[named] if named else self
        return self


def given_params(args: argparse.Namespace, params: Sequence[Param], owner: str) -> dict[str, Value]:
    """Values of the options that `Parser.add_params` made, of those that were given, checked.

    Raises
    ------
    InvalidValue
        A value that its declaration does not admit.
    """
    texts = {param: getattr(args, f"param:{param.name}") for param in params}
    return {param.name: param.parse(text, owner) for param, text in texts.items() if text is not None}
