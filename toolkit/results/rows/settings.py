"""Write the settings of a trial as text, for tables, legends and sentences."""

from __future__ import annotations

from toolkit.contracts.trial import Trial
from toolkit.core.errors import AtelierError
from toolkit.core.params import Pairs, pair_text


def setting_parts(trial: Trial) -> tuple[str, ...]:
    """Settings that differ from the defaults, as ``name=value``, and operations that run before the main operation.

    An operation before the main operation is written as ``+ name name=value``.

    Size, threads, workers and weights are left out. The model or style of a network is always named.
    """
    pairs = [*picture_settings(trial), *trial.way_params, *trial.placement.options]
    pairs += trial.unusual_keys("device", "precision", "executor", "batch", "images")
    steps = [f"+ {step} {' '.join(pair_text(*pair) for pair in given)}" for step, given in trial.steps]
    return (*(pair_text(*pair) for pair in pairs), *steps)


def picture_settings(trial: Trial) -> Pairs:
    """Parameters of a trial that affect the picture, with the parameter that chooses the network, without weights."""
    given = tuple(pair for pair in trial.picture_params if pair[0] != "weights")
    try:
        operation = trial.op
    except AtelierError:  # the row was measured with a plug-in that is not loaded now
        return given
    silent = {"weights", *dict(given)}
    declared = operation.params if operation.network or operation.task else ()
    chosen = ((p.name, p.default) for p in declared if p.choices and p.rebuild and p.name not in silent)
    return (*chosen, *given)
