"""Figure 7: misconfigured threads are named and clean ones are not, in planted trees and in real pools."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from tests.truth.figures import Figure, Section, at_most, for_information
from tests.truth.planted_threads import CLEAN, WRONG, Case, run
from tests.truth.thread_pools import ALLOWED, CLEAN_POOLS, WRONG_POOLS, Pool


def threads(scale: float) -> list[Figure]:
    """Planted /proc trees in full; of the real pools the share that the scale asks for."""
    trees = [(case.name, case.code, _codes(case)) for case in (*WRONG, *CLEAN)]
    pools = [(pool.name, pool.code, pool.found()) for pool in _chosen((*WRONG_POOLS, *CLEAN_POOLS), scale)]
    return [*_figures("planted /proc trees", trees), *_figures("real thread pools", pools)]


def _codes(case: Case) -> set[str]:
    with tempfile.TemporaryDirectory() as root:
        return {finding.code for finding in run(Path(root), case)}


def _chosen(pools: Sequence[Pool], scale: float) -> list[Pool]:
    if len(ALLOWED) < 2:
        return []  # one processor shows no parallel work
    runnable = [pool for pool in pools if "torch" not in pool.script or find_spec("torch")]
    return runnable[:: max(1, round(1 / scale))]


def _figures(kind: str, seen: Sequence[tuple[str, str, set[str]]]) -> list[Figure]:
    wrong = [(name, code, found) for name, code, found in seen if code]
    clean = [(name, found) for name, code, found in seen if not code]
    missed = [name for name, code, found in wrong if code not in found]
    alarms = [f"{name}: {', '.join(sorted(found))}" for name, found in clean if found]
    kinds = len({code for _, code, _ in wrong})
    return [
        at_most(
            f"{kind}: misconfigurations not named, of {len(wrong)} of {kinds} kinds",
            len(missed) / max(1, len(wrong)),
            0.0,
        ),
        at_most(f"{kind}: false alarms on {len(clean)} clean ones", len(alarms) / max(1, len(clean)), 0.0),
        *(for_information("  not named", name) for name in missed),
        *(for_information("  false alarm", text) for text in alarms),
    ]


SECTIONS = (Section("7-threads", "Thread ledger", threads),)
