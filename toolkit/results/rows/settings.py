"""The settings of a trial as text: what tells a row from its neighbours in a table, a legend or a sentence."""

from __future__ import annotations

from toolkit.contracts.backend import Placement
from toolkit.contracts.trial import Trial
from toolkit.core.errors import AtelierError
from toolkit.core.params import Pairs, pair_text
from toolkit.images.photos import DEFAULT_POOL


def setting_parts(trial: Trial) -> tuple[str, ...]:
    """Settings that differ from the defaults, as ``name=value`` texts; pre-steps follow as ``+ name name=value``.

    Size, threads, workers and weights are left out. The model or style of a network is always named.
    """
    placement, default = trial.placement, Placement()
    pairs: list[tuple[str, object]] = [*picture_settings(trial), *trial.way_params, *placement.options]
    for name, value, usual in (
        ("device", placement.device, default.device),
        ("precision", placement.precision, default.precision),
        ("batch", trial.batch, 1),
    ):
        if value != usual:
            pairs.append((name, value))
    if trial.images != DEFAULT_POOL:
        pairs.append(("images", "+".join(trial.images)))
    steps = [f"+ {step} {' '.join(pair_text(*pair) for pair in given)}" for step, given in trial.steps]
    return (*(pair_text(*pair) for pair in pairs), *steps)


def picture_settings(trial: Trial) -> Pairs:
    """Parameters that decide the picture, without weights; the one that chooses the network is always among them."""
    given = tuple(pair for pair in trial.picture_params if pair[0] != "weights")
    try:
        operation = trial.op
    except AtelierError:  # the row was measured with a plug-in that is not loaded now
        return given
    silent = {"weights", *dict(given)}
    declared = operation.params if operation.network or operation.task else ()
    return (
        *((p.name, p.default) for p in declared if p.choices and p.rebuild and p.name not in silent),
        *given,
    )
