"""Keep the meaning of stored trials when a default of an operation changes.

A trial names only the parameters that differ from their defaults, so a measurement stores the value of every parameter.
"""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.contracts.trial import Trial
from toolkit.core.errors import AtelierError
from toolkit.core.params import Value


def values_of(trial: Trial) -> dict[str, Value] | None:
    """The value of every parameter of a trial's operation; None if the operation's plug-in is not loaded."""
    try:
        return trial.resolved
    except AtelierError:
        return None


def kept_meaning(trial: Trial, stored: Mapping[str, Value] | None) -> Trial:
    """The stored trial, with all parameters that differ from the operation's present defaults.

    Parameters
    ----------
    trial : Trial
        The trial as it was stored, with the parameters that differed from the defaults at that time.
    stored : mapping, optional
        The stored value of every parameter. For an older measurement, which was stored without these values, the
        operation's `former_defaults` are used.
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
