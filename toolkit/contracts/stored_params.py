"""Keep the meaning of stored trials when a default of an operation changes.

A trial names only the parameters that differ from their defaults, so a measurement is stored with every value.
"""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.contracts.trial import Trial
from toolkit.core.errors import AtelierError
from toolkit.core.params import Value


def values_of(trial: Trial) -> dict[str, Value] | None:
    """The value of every parameter; None if the operation's plug-in is not loaded."""
    try:
        return trial.resolved
    except AtelierError:
        return None


def kept_meaning(trial: Trial, stored: Mapping[str, Value] | None) -> Trial:
    """The stored trial, with the parameters that differ from today's defaults.

    Parameters
    ----------
    trial : Trial
        The trial as it was stored, with the parameters that differed from the defaults at that time.
    stored : mapping, optional
        The value of every parameter. Older rows were stored without these values; for such a row the operation's
        `former_defaults` apply.
    """
    try:
        op = trial.op
    except AtelierError:  # the operation's plug-in is not loaded, or the operation no longer exists
        return trial
    if stored is None:
        stored = {**op.former_defaults, **dict(trial.params)}
        if not op.former_defaults:
            return trial
    unusual = {p.name: stored[p.name] for p in op.params if stored.get(p.name, p.default) != p.default}
    gone = {name: value for name, value in trial.params if name not in {p.name for p in op.params}}
    return trial.with_(params=tuple({**unusual, **gone}.items()))
