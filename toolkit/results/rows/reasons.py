"""Merge the sentences of failed and skipped trials: one sentence for all backends with the same reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from toolkit.contracts.trial import Trial

_OWN = "\0"


def reasons(stopped: Iterable[tuple[Trial, str]]) -> list[str]:
    """A sentence for each trial that says why it failed; trials of one operation with one reason share a sentence.

    Parameters
    ----------
    stopped : iterable of (Trial, str)
        A trial, and the reason why it gave no right picture; ``""`` for a trial with a right picture.

    Returns
    -------
    list of str
        A sentence for each trial, in the order of `stopped`; each sentence names all backends with the same reason.
    """
    keyed = [(trial, _key(trial, note)) for trial, note in stopped]
    backends: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for trial, key in keyed:
        backends[trial.operation, key][trial.backend] = None
    return [_sentence(trial.operation, key, list(backends[trial.operation, key])) for trial, key in keyed]


def _key(trial: Trial, note: str) -> str:
    """The reason with a placeholder for the trial's label and for its backend, so that equal reasons compare equal."""
    return note.replace(trial.label, _OWN).replace(repr(trial.backend), repr(_OWN))


def _sentence(operation: str, key: str, backends: list[str]) -> str:
    said = key
    if len(backends) > 1:
        said = said.replace(f"backend {_OWN!r}", f"backends {_OWN!r}")
    said = said.replace(repr(_OWN), ", ".join(map(repr, backends)))
    return said.replace(_OWN, f"{operation} on {', '.join(backends)}")
