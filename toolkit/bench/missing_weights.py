"""Trials whose published weights are not on this machine, and their untrained stand-ins."""

from __future__ import annotations

from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.trial import Trial
from toolkit.core.errors import InvalidValue, Unavailable
from toolkit.models import network_files


def why_missing(trial: Trial) -> str:
    """The sentence that names the weights that `trial` misses, their source and checksum; ``""`` if it misses none.

    A network that is published as a graph only has no untrained form: its trial says itself why it is skipped. Weights
    that are here and wrong are not missing: their trial says so, and the others go on.

    Raises
    ------
    InvalidValue
        ``ATELIER_WEIGHTS`` names no folder.
    """
    network = trial.placed.network
    if network is None or not network.architecture:
        return ""
    if network.seed is None and not network.weights:
        return f"no weights are published for {network.name}."
    network_files.files(network)  # no trial could go on without the folder
    try:
        network_files.checkpoint(network)
    except Unavailable as error:
        return str(error)
    except InvalidValue:
        return ""
    return ""


def untrained(trial: Trial) -> Trial:
    """The same question of a network with seeded weights."""
    params = {**dict(trial.params), "weights": "untrained"}
    unusual = make_trial(trial.operation, trial.backend, params=params).params
    return trial.with_(params=unusual)
