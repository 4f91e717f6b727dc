"""Choose the stored measurements that `collect` reuses, so that trials of one operation and size share their rounds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from toolkit.bench.sweep import why_skipped
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.trial import Trial
from toolkit.contracts.turns import TURNS
from toolkit.results.store.store import Store
from toolkit.studies.fresh import begun, is_since


def stored_answers(store: Store, trials: Mapping[str, Trial], *, since: str) -> list[Measurement]:
    """The final measurement of each trial: the newest, or the newest that took turns with its whole group.

    A group is the trials of one operation and size. Another call of `collect` may have measured some trials of a group
    again, in other rounds; if one set of rounds has all trials of the group, the measurements of that set are used,
    because measurements of the same rounds can be compared.

    Parameters
    ----------
    trials : mapping of key to Trial
        The trials by their keys in the store; a key includes the environment, so a measurement of an old version or
        another machine is not used.
    since : str
        Time in ISO 8601, UTC: measurements that began earlier are not used; ``""`` admits all measurements.
    """
    newest = {m.key: m for m in store.find(key=[*trials]) if m.is_settled and is_since(m, since)}
    for keys in _groups(trials):
        found = [newest[key] for key in keys if key in newest]
        if len({_turns(m) for m in found}) > 1:
            newest |= _of_one_group(store, [m.key for m in found], since=since)
    return [newest[key] for key in trials if key in newest]


def measured_apart(
    store: Store, trials: Mapping[str, Trial], answers: Iterable[Measurement], *, since: str
) -> set[str]:
    """Keys of stored measurements that must be repeated, because they must take turns with new trials.

    A stored measurement takes turns with new trials of its operation and size. A trial is new if the store has no
    measurement of the trial and this machine can run the trial.
    """
    by_key = {m.key: m for m in answers}
    known = {m.key for m in store.find(key=[*trials])}
    stopped = {m.key: _turns(m) for m in begun(store, [*trials], since=since)}
    again: set[str] = set()
    for keys in _groups(trials):
        answered = [by_key[key] for key in keys if key in by_key and by_key[key].is_ok]
        new = [key for key in keys if key not in known or key in stopped] if answered else []
        if any(not why_skipped(trials[key]) for key in new):
            turns = {stopped.get(key, "to come") for key in new}
            again |= {m.key for m in answered if {_turns(m)} != turns}
    return again


def _groups(trials: Mapping[str, Trial]) -> list[list[str]]:
    groups = defaultdict[tuple[object, ...], list[str]](list)
    for key, trial in trials.items():
        groups[trial.operation, trial.width, trial.height].append(key)
    return [*groups.values()]


def _of_one_group(store: Store, keys: list[str], *, since: str) -> dict[str, Measurement]:
    """The newest set of measurements with all `keys` that took turns; empty if no set of rounds has all keys."""
    sets = defaultdict[str, dict[str, Measurement]](dict)
    for m in store.find(key=keys, all_times=True):
        if m.is_settled and is_since(m, since) and _turns(m):
            sets[_turns(m)][m.key] = m
    whole = [members for members in sets.values() if len(members) == len(keys)]
    return max(whole, key=lambda members: max(m.began for m in members.values()), default={})


def _turns(m: Measurement) -> str:
    return str(m.provenance.get(TURNS, ""))
