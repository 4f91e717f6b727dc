"""Find measurements made in turns (in the same rounds): only their times are compared, as a machine may change."""

from __future__ import annotations

import secrets
import shlex
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise

from toolkit.contracts.identity import comparable_id
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.trial import Trial
from toolkit.core.params import pair_text

TURNS = "turns"
"""The entry of `Measurement.provenance` that measurements of one group share: the id of the group."""


def new_turns_id() -> str:
    """A new id for a group of trials that are measured in turns, 16 hex digits."""
    return secrets.token_hex(8)


def took_turns(a: Measurement, b: Measurement) -> bool:
    """Whether measurements `a` and `b` were made in the same rounds, so that their times may be compared.

    Measurements without an id come from a store that was written before 29 November 2026. Two measurements without an
    id took turns if, in two or more rounds, the blocks of both started before any block of the next round.
    """
    turns = [m.provenance.get(TURNS) for m in (a, b)]
    if any(turns):
        return turns[0] == turns[1]
    return _rounds_are_shared(a, b) and comparable_id(a.fingerprint) == comparable_id(b.fingerprint)


def sets_in_turns(measurements: Iterable[Measurement]) -> list[list[Measurement]]:
    """Divide measurements into sets: the members of a set were made in turns, members of different sets were not."""
    sets: list[list[Measurement]] = []
    for m in measurements:
        own = next((members for members in sets if any(took_turns(other, m) for other in members)), None)
        if own is None:
            sets.append([m])
        else:
            own.append(m)
    return sets


def command_to_compare(a: Trial, b: Trial) -> str:
    """The command line that measures two trials in turns."""
    plugins = dict.fromkeys(path for trial in (a, b) for path, _ in trial.plugins)
    options = [word for path in plugins for word in ("--plugin", path)]
    return shlex.join(["atelier", "compare", str(a), str(b), *options])


def command_to_bench(trials: Sequence[Trial]) -> str:
    """The command line that measures all `trials` again in one group, so that they take turns.

    If the trials have the same operation, parameters, photos, size and batch, they lie in a grid of backends, threads,
    workers and precisions, and the command measures the whole grid. For other trials, the result is an empty text.
    """
    first = trials[0]
    alike = {
        (t.operation, t.params, t.steps, t.images, t.width, t.height, t.batch, t.placement.device)
        for t in trials
    }
    if len(alike) > 1:
        return ""
    lists = {
        "--backends": [":".join(filter(None, (t.backend, _settings(t.placement.options)))) for t in trials],
        "--precisions": [str(t.placement.precision) for t in trials],
        "--threads": [str(t.placement.threads) for t in trials],
        "--workers": [str(t.workers) for t in trials],
        "--batch": [str(first.batch)],
        "--device": [str(first.placement.device)],
        "--param": [pair_text(*pair) for pair in first.params],
        "--step": [
            _settings((f"{step}.{name}", value) for step, given in first.steps for name, value in given)
        ],
        "--size": [f"{first.width}x{first.height}"],
        "--images": list(first.images),
        "--plugin": [path for t in trials for path, _ in t.plugins],
    }
    usual = {
        "--precisions": ["fp32"],
        "--threads": ["1"],
        "--workers": ["1"],
        "--batch": ["1"],
        "--device": ["cpu"],
    }
    words = ["atelier", "bench", first.operation]
    for option, values in lists.items():
        distinct = list(dict.fromkeys(filter(None, values)))
        if distinct and distinct != usual.get(option):
            words += [option, *distinct]
    return shlex.join([*words, "--fresh"])


def _settings(pairs: Iterable[tuple[str, object]]) -> str:
    return ",".join(pair_text(*pair) for pair in pairs)


def _rounds_are_shared(a: Measurement, b: Measurement) -> bool:
    starts = defaultdict[int, list[datetime]](list)
    for block in (*a.blocks, *b.blocks):
        starts[block.round].append(datetime.fromisoformat(block.started))
    shared = {block.round for block in a.blocks} & {block.round for block in b.blocks}
    in_order = [starts[number] for number in sorted(starts)]
    return len(shared) > 1 and all(max(earlier) <= min(later) for earlier, later in pairwise(in_order))
