"""Measure the trials of a grid on every machine of a cluster; the results of all machines go into one store.

Each machine measures every trial, because a time on one machine says nothing about the time on another machine. Trials
of one operation at one size take turns on a machine, as in `toolkit.bench.sweep`. A machine that leaves the cluster
measures its unfinished trials when it comes back; if it does not come back, the same command measures these trials
later.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from toolkit.bench.candidate import compiles_as
from toolkit.bench.grid import Grid
from toolkit.bench.plan import FULL, QUICK, Plan
from toolkit.bench.sweep import groups_in_turns
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.trial import Trial
from toolkit.results.rows.summarising import summarise
from toolkit.results.rows.summary import Summary
from toolkit.results.store.store import Store
from toolkit.studies.carried_trial import CarriedTrials
from toolkit.studies.fresh import begin_run, is_since
from toolkit.workers.cluster import Cluster
from toolkit.workers.measuring_slots import Machine, MachineLeft, ask, machines

_PROGRAM = "toolkit.bench.elsewhere"
_LOOK_S = 1.0  # seconds between two searches for machines that have joined the cluster


@dataclass(kw_only=True)
class MachineState:
    """The measurements and the pending trials of one machine in a sweep.

    Attributes
    ----------
    name : str
        Name of the machine.
    stored : list of Measurement
        Earlier measurements of this machine from the store.
    measured : list of Measurement
        Measurements that this sweep has taken on this machine.
    pending : list of list of Trial
        Groups of trials that are not measured yet, in the order in which they will be measured.
    left : str
        The reason why the machine has left the sweep, as a sentence; ``""`` if it has not left.
    is_looked_up : bool
        Whether the store was searched for earlier measurements; before that search all trials are pending.
    """

    name: str
    stored: list[Measurement] = field(default_factory=list)
    measured: list[Measurement] = field(default_factory=list)
    pending: list[list[Trial]] = field(default_factory=list)
    left: str = ""
    is_looked_up: bool = False

    @property
    def n_left(self) -> int:
        """Number of trials without a measurement on this machine."""
        return sum(map(len, self.pending))


@dataclass(frozen=True, kw_only=True)
class ClusterSweep:
    """The measurements of all machines of a cluster.

    Attributes
    ----------
    states : list of MachineState
        State of each machine, sorted by the machines' names.
    """

    states: list[MachineState]

    @property
    def measurements(self) -> list[Measurement]:
        """All measurements of the sweep, machine by machine."""
        return [m for state in self.states for m in (*state.stored, *state.measured)]

    @cached_property
    def rows(self) -> list[Summary]:
        """The summaries of all measurements."""
        return summarise(self.measurements)

    @property
    def n_left(self) -> int:
        """Number of trials without a measurement, summed over all machines."""
        return sum(state.n_left for state in self.states)

    def __str__(self) -> str:
        return "\n".join(map(_sentence, self.states))


def _sentence(state: MachineState) -> str:
    parts = [f"{len(state.measured)} trials measured now", f"{len(state.stored)} trials measured earlier"]
    if state.n_left:
        parts.append(f"{state.n_left} trials left")
    return f"{state.name}: {', '.join(parts)}.{' ' if state.left else ''}{state.left}"


def sweep_cluster(
    grid: Grid | Sequence[Trial],
    *,
    address: str,
    quick: bool = True,
    budget_s: float | None = None,
    store: Store | None = None,
    fresh: bool = False,
    tell: Callable[[str], None] = lambda sentence: None,
) -> ClusterSweep:
    """Measure the trials that the store does not have, on every machine of a cluster.

    Parameters
    ----------
    address : str
        Address of the Dask scheduler.
    quick, budget_s, store, fresh
        The arguments of `toolkit.studies.collection.collect`; each machine has the whole time budget.
    tell : callable
        A function that receives a sentence when a machine joins or leaves the sweep, or has finished a group of trials.

    Raises
    ------
    InvalidValue
        A trial is not valid, or the store cannot be written.
    Unavailable
        The cluster cannot be reached or no longer answers, or a worker runs another version of Atelier.
    """
    store = Store() if store is None else store
    store.check_writable()
    trials = grid.trials() if isinstance(grid, Grid) else list(grid)
    plan = QUICK if quick else FULL
    run = begin_run(store, [*trials, plan, address]) if fresh else None
    with Cluster(address) as cluster:
        sweep = _Sweep(cluster, trials, plan, budget_s=budget_s, store=store, tell=tell)
        sweep.since = run.started if run else ""
        found = ClusterSweep(states=sweep.run())
    if run and not found.n_left:
        store.runs.finish(run)
    return found


class _Sweep:
    """Measures trials on all machines of a cluster at once: one thread for each machine sends trials to the machine."""

    def __init__(
        self,
        cluster: Cluster,
        trials: Sequence[Trial],
        plan: Plan,
        *,
        budget_s: float | None,
        store: Store,
        tell: Callable[[str], None],
    ) -> None:
        self._cluster, self._trials, self._plan, self._store = cluster, trials, plan, store
        self._until = None if budget_s is None else time.monotonic() + budget_s
        self._tell, self.since = tell, ""
        self._carried = CarriedTrials(trials)
        self._states: dict[str, MachineState] = {}
        self._busy: set[str] = set()
        self._said: queue.Queue[tuple[str, list[Measurement] | BaseException | None]] = queue.Queue()

    def run(self) -> list[MachineState]:
        self._start_new()
        while self._busy:
            try:
                name, said = self._said.get(timeout=_LOOK_S)
            except queue.Empty:
                self._start_new()
                continue
            self._take(self._states[name], said)
        return [self._states[name] for name in sorted(self._states)]

    def _start_new(self) -> None:
        for name, machine in machines(self._cluster).items():
            known = self._states.get(name)
            if name in self._busy or (known is not None and not (known.left and known.pending)):
                continue
            state = self._states.setdefault(name, MachineState(name=name, pending=[[*self._trials]]))
            joined = "has come back to" if state.left else "has joined"
            self._tell(f"Machine {name!r} ({machine.address}) {joined} the sweep.")
            state.left = ""
            self._busy.add(name)
            threading.Thread(target=self._drive, args=(state, machine), daemon=True).start()

    def _take(self, state: MachineState, said: list[Measurement] | BaseException | None) -> None:
        """Store the measurements of a group of trials, or note that a machine has finished or left the sweep."""
        if isinstance(said, list):
            for measurement in said:
                self._store.add(measurement)
            state.measured += said
            del state.pending[0]
            if said:
                trial = said[0].trial
                size = f"{trial.width}x{trial.height}"
                self._tell(f"{state.name}: {trial.operation} {size} done, {state.n_left} trials left.")
            return
        self._busy.discard(state.name)
        if isinstance(said, MachineLeft):
            state.left = str(said)
            self._tell(f"{said} {state.n_left} trials of this machine are not measured yet.")
        elif said is not None:
            raise said

    def _drive(self, state: MachineState, machine: Machine) -> None:
        try:
            if not state.is_looked_up:
                self._look_up(state, machine)
            for group in list(state.pending):
                if self._until is not None and time.monotonic() > self._until:
                    break
                self._said.put((state.name, self._measured(state, machine, group)))
            self._said.put((state.name, None))
        except BaseException as error:
            self._said.put((state.name, error))

    def _look_up(self, state: MachineState, machine: Machine) -> None:
        """Find the machine's earlier measurements in the store; trials without a measurement become pending."""
        told = self._ask(machine, self._trials)
        keys = [trial.key(one) for trial, one in zip(self._trials, told["environment_ids"], strict=True)]
        stored = self._store.find(key=keys)
        state.stored = [m for m in stored if m.is_settled and is_since(m, self.since)]
        settled = {m.key for m in state.stored}
        missing = [t for t, key in zip(self._trials, keys, strict=True) if key not in settled]
        state.pending = groups_in_turns(sorted(missing, key=lambda t: t.width * t.height))
        state.is_looked_up = True

    def _measured(self, state: MachineState, machine: Machine, group: Sequence[Trial]) -> list[Measurement]:
        known = {compiles_as(m.trial): m for m in (*state.stored, *state.measured) if m.cold_first_s}
        cold = [[m.trial.to_dict(), m.cold_first_s] for m in known.values()]
        told = self._ask(machine, group, plan=asdict(self._plan), cold_starts=cold)
        return [*self._carried.came_back(told["measurements"], group)]

    def _ask(self, machine: Machine, trials: Sequence[Trial], **more: Any) -> dict[str, Any]:
        request = {"node": machine.name, "trials": self._carried.sent(trials), **more}
        return ask(self._cluster, machine, _PROGRAM, request, self._carried.files)
