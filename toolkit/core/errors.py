"""Every error that Atelier raises on purpose.

AtelierError
├── UnknownName  (LookupError)   no such operation, backend, metric              exit 2
├── InvalidValue (ValueError)    a parameter, image or file is not valid         exit 2
├── Unavailable  (RuntimeError)  runtime, device or weights missing              exit 3   Trial "skipped"
├── Unsupported  (RuntimeError)  the backend cannot run the operation            exit 3   Trial "skipped"
└── TrialFailed  (RuntimeError)  operation crashed, timed out, or output wrong   exit 4   Trial "failed"
    ├── NotFinite                the output picture has NaN or infinity
    └── EmptyPicture             the output picture shows nothing of the input

Each class also derives from the builtin exception in parentheses, so that callers can catch that exception.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar

_LONGEST_GOT = 200  # characters


class AtelierError(Exception):
    """Base class of Atelier's errors; ``str(error)`` is the message, ``exit_code`` the exit code of a command."""

    exit_code: ClassVar[int] = 1

    def _render_traceback_(self) -> list[str]:
        """The text that a notebook shows for the error: the message without a traceback, as on the command line."""
        return [f"{type(self).__name__}: {self}"]


class UnknownName(AtelierError, LookupError):
    """A given name is not the name of an operation, a backend, a metric or a parameter."""

    exit_code: ClassVar[int] = 2


class InvalidValue(AtelierError, ValueError):
    """A parameter, picture or file is not valid."""

    exit_code: ClassVar[int] = 2


class Unavailable(AtelierError, RuntimeError):
    """A runtime, device or set of weights is missing on this machine."""

    exit_code: ClassVar[int] = 3


class Unsupported(AtelierError, RuntimeError):
    """The backend cannot run the operation."""

    exit_code: ClassVar[int] = 3


class TrialFailed(AtelierError, RuntimeError):
    """An operation crashed, exceeded its time limit, or made another output than its reference."""

    exit_code: ClassVar[int] = 4


class NotFinite(TrialFailed):
    """The output of an operation has a NaN or an infinity, which would become black pixels."""


class EmptyPicture(TrialFailed):
    """An output picture is constant, or nearly all black or white although the input picture is not."""


def invalid(name: str, owner: str, constraint: str, got: object, hint: str = "") -> InvalidValue:
    """An `InvalidValue` whose message states what the value must be, and the value that was given.

    >>> str(invalid("sigma_s", "stylization", "a number in [0, 200]", 300, "The default is 60."))
    "'sigma_s' of stylization must be a number in [0, 200]; got 300. The default is 60."
    """
    return InvalidValue(f"{name!r} of {owner} must be {constraint}; got {_one_line(got)}. {hint}".rstrip())


def unknown(noun: str, got: str, choices: Iterable[str]) -> UnknownName:
    """An `UnknownName` whose message lists the valid names, and suggests the most similar name.

    >>> str(unknown("operation", "stylisation", ["edsr", "stylization"]))
    "operation must be one of edsr, stylization; got 'stylisation'. Did you mean 'stylization'?"
    >>> str(unknown("operation", "oil", ["edsr", "oil_painting"]))
    "operation must be one of edsr, oil_painting; got 'oil'. Did you mean 'oil_painting'?"
    """
    choices = sorted(choices)
    begun = [name for name in choices if got and name.startswith(got)]
    near = begun[:1] or difflib.get_close_matches(got, choices, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return UnknownName(f"{noun} must be one of {', '.join(choices)}; got {_one_line(got)}.{hint}")


def _one_line(got: object) -> str:
    """The ``repr`` of a value on one line, shortened to 200 characters."""
    text = " ".join(repr(got).split())
    return text if len(text) <= _LONGEST_GOT else f"{text[:_LONGEST_GOT]}..."
