"""A grid of trials, measured group by group, with progress and a budget."""

from __future__ import annotations

import dataclasses
import itertools
import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from toolkit.bench.estimate import SPAWN_S, estimate_s
from toolkit.bench.judge import question_id
from toolkit.bench.lock import measuring_lock
from toolkit.bench.measure import ColdStarts, measure_together
from toolkit.bench.missing_weights import untrained, why_missing
from toolkit.bench.plan import QUICK, Plan
from toolkit.contracts.backend import BACKENDS, Backend
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.fingerprint import fingerprint
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.notation import parse_backend
from toolkit.contracts.operation import OPERATIONS, Operation
from toolkit.contracts.trial import Trial
from toolkit.core.choices import Device, Precision
from toolkit.core.errors import Unavailable, Unsupported, invalid, unknown
from toolkit.core.params import Pairs, Value
from toolkit.images.photos import photo, size_for

_Way = tuple[str, Pairs, str]  # backend, its options, precision
_Steps = tuple[tuple[str, Mapping[str, object]], ...]


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Operations x backends x precisions x pre-steps x sizes x threads x workers x batches.

    Attributes
    ----------
    operations : tuple of str
    backends : tuple of str, or of (name, options)
        Names, ``name:option=value,...``, or names with pairs of option and value. Empty: the one that each operation
        prefers at each size, on the device and in each precision. ``("all",)``: every one it has a way to run on,
        with each set of options that the backend calls worth a row.
    megapixels : tuple of float
        Input sizes at 4:3, MP; ignored where `sizes` is given.
    sizes : tuple of (width, height)
        Input sizes, px.
    threads, workers : tuple of int
    steps : tuple of pre-step chains
        Each a tuple of ``(operation, parameters)``; ``()`` is none.
    images : tuple of str
        Photos taken in turn; empty for the default pool.
    precisions : tuple of str
        ``("all",)``: each that the backend has, for an operation that runs a network.
    device : {"cpu", "cuda"}
    batches : tuple of int
        Pictures a call.
    params : mapping
        Given to every operation that declares the name.
    plugins : tuple of (path, sha256)
    untrained_where_missing : bool
        Take seeded weights, and mark the rows untrained, where the published ones are not on this machine; otherwise
        such a trial is skipped.
    only_possible : bool
        Leave out a backend that cannot run the operation, and a precision that a backend lacks; an operation that none
        of `backends` can run takes the one that it prefers. Otherwise such a trial is skipped.
    """

    operations: tuple[str, ...]
    backends: tuple[str | tuple[str, Pairs], ...] = ()
    megapixels: tuple[float, ...] = (1.0,)
    sizes: tuple[tuple[int, int], ...] = ()
    threads: tuple[int, ...] = (1,)
    workers: tuple[int, ...] = (1,)
    steps: tuple[_Steps, ...] = ((),)
    images: tuple[str, ...] = ()
    precisions: tuple[str, ...] = (Precision.FP32,)
    device: str = Device.CPU
    batches: tuple[int, ...] = (1,)
    params: Mapping[str, object] = field(default_factory=dict)
    plugins: tuple[tuple[str, str], ...] = ()
    untrained_where_missing: bool = False
    only_possible: bool = False

    def trials(self) -> list[Trial]:
        """Every combination, checked, without repeats, in an order that keeps comparable trials together.

        Raises
        ------
        UnknownName, InvalidValue
        """
        self._check_params()
        sizes = self.sizes or tuple(size_for(mp) for mp in self.megapixels)
        found = [
            make_trial(
                name,
                backend,
                params=self._params_of(name),
                steps=steps,
                options=dict(options),
                device=self.device,
                threads=threads,
                precision=precision,
                images=self.images,
                size=size,
                batch=batch,
                workers=workers,
                plugins=self.plugins,
            )
            for name in self.operations
            for size in sizes
            for steps in self.steps
            for backend, options, precision in self._ways(name, size, steps)
            for threads, workers, batch in itertools.product(self.threads, self.workers, self.batches)
        ]
        if self.untrained_where_missing:
            found = [untrained(trial) if why_missing(trial) else trial for trial in found]
        return list(dict.fromkeys(found))

    def missing_weights(self) -> list[str]:
        """A sentence for each set of published weights that is not on this machine."""
        asked = dataclasses.replace(self, untrained_where_missing=False).trials()
        one_of_each = {(trial.operation, trial.params): trial for trial in asked}
        said = [why_missing(trial) for trial in one_of_each.values()]
        return list(dict.fromkeys(filter(None, said)))

    def _ways(self, name: str, size: tuple[int, int], steps: _Steps) -> list[_Way]:
        op, is_all = OPERATIONS[name], "all" in self.backends
        resolved = op.resolve(self._params_of(name))
        if is_all:
            asked = [(each, tuple(v.items())) for each in BACKENDS for v in BACKENDS[each].variants]
        else:
            asked = [parse_backend(one) if isinstance(one, str) else one for one in self.backends]
        leaves_out = is_all or self.only_possible
        found = [
            (backend, options, precision)
            for backend, options in asked
            if not leaves_out or op.runs_on(BACKENDS[backend], resolved)
            for precision in self._precisions(op, backend)
            if not leaves_out or _has_variant(BACKENDS[backend], dict(options), precision)
        ]
        if found or (self.backends and not self.only_possible):
            return found
        precisions = self._precisions(op, self._preferred(op, size, steps)) or (Precision.FP32,)
        return [(self._preferred(op, size, steps, precision), (), precision) for precision in precisions]

    def _preferred(
        self, op: Operation, size: tuple[int, int], steps: _Steps, precision: str = Precision.FP32
    ) -> str:
        try:
            return make_trial(
                op.name,
                params=self._params_of(op.name),
                size=size,
                steps=steps,
                device=self.device,
                precision=precision,
            ).backend
        except Unavailable:
            return op.prefer[0]  # its row will say why it is skipped or failed

    def _precisions(self, op: Operation, backend: str) -> tuple[str, ...]:
        has, is_all = BACKENDS[backend].precisions, "all" in self.precisions
        if op.network is None and (is_all or self.only_possible):
            return (Precision.FP32,)
        if is_all:
            return has
        return tuple(one for one in self.precisions if one in has or not self.only_possible)

    def _params_of(self, name: str) -> dict[str, object]:
        return {k: v for k, v in self.params.items() if k in _param_names(name)}

    def _check_params(self) -> None:
        if not self.operations or isinstance(self.operations, str):
            raise invalid("operations", "a sweep", "a tuple of at least one name", self.operations)
        declared = {name for op in self.operations for name in _param_names(op)}
        for name in self.params:
            if name not in declared:
                raise unknown(f"parameter of {', '.join(self.operations)}", name, declared)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a sweep is.

    Attributes
    ----------
    done, total : int
        Blocks, memory passes among them.
    trial : Trial
        The trial that was just run.
    left_s : float
        Estimated seconds to the end.
    """

    done: int
    total: int
    trial: Trial
    left_s: float


def sweep(
    grid: Grid | Sequence[Trial],
    *,
    skip: Collection[str] = frozenset(),
    plan: Plan = QUICK,
    budget_s: float | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    on_wait: Callable[[str], None] | None = None,
) -> Iterator[Measurement]:
    """Measure every trial that is not settled yet.

    Trials of one operation at one size are measured together, in turns: they are what a reader compares.

    Parameters
    ----------
    grid : Grid or sequence of Trial
    skip : collection of str
        Keys of measurements that need not be repeated (``Store.keys()``).
    plan : Plan
        How much evidence to gather for each.
    budget_s : float, optional
        No group is started after so many seconds; what is left is measured by the next call.
    on_progress : callable, optional
        Told after each block.
    on_wait : callable, optional
        Receives the sentence that says who holds the measuring lock.

    Yields
    ------
    Measurement
        One for each trial, as its group ends.

    Raises
    ------
    UnknownName, InvalidValue
        Before anything is measured.
    """
    trials = pending(grid, skip=skip)
    if not trials:
        return  # without waiting for the lock
    for name in {image for trial in trials for image in trial.images}:
        photo(name)
    groups = [
        list(group) for _, group in itertools.groupby(trials, lambda t: (t.operation, t.width, t.height))
    ]
    total = len(trials) * (plan.blocks + 1)
    done, ahead = 0, sum(map(_weight, trials)) * (plan.blocks + 1)
    # Seconds and weight of the blocks so far, but for each group's first: before it exports and references are made.
    spent_s, behind, last = 0.0, 0.0, math.nan
    guess_s = estimate_s(trials, plan) / ahead

    def count(trial: Trial) -> None:
        nonlocal done, ahead, spent_s, behind, last
        now = time.monotonic()
        if not math.isnan(last):
            spent_s, behind = spent_s + now - last, behind + _weight(trial)
        last, done, ahead = now, done + 1, ahead - _weight(trial)
        if on_progress is not None:
            left = ahead * (spent_s / behind if behind else guess_s)
            on_progress(Progress(done=done, total=total, trial=trial, left_s=max(0.0, left)))

    cold_starts: ColdStarts = {}
    with measuring_lock(on_wait):
        started = time.monotonic()
        for group in groups:
            last = math.nan
            if budget_s is not None and time.monotonic() - started > budget_s:
                return
            yield from measure_together(group, plan=plan, on_block=count, cold_starts=cold_starts)


def pending(grid: Grid | Sequence[Trial], *, skip: Collection[str]) -> list[Trial]:
    """Trials whose key in today's environment is not in `skip`."""
    trials = grid.trials() if isinstance(grid, Grid) else list(grid)
    machine = fingerprint()
    return [t for t in trials if t.key(question_id(t, machine)) not in skip]


def why_skipped(trial: Trial) -> str:
    """The sentence with which a trial would be skipped here, ``""`` if it can run; measures nothing."""
    try:
        trial.placed.check()
    except (Unavailable, Unsupported) as error:
        return str(error)
    return ""


def _weight(trial: Trial) -> float:
    """Relative cost of one block, for the time left."""
    return SPAWN_S + trial.megapixels * trial.workers * trial.batch


def _has_variant(backend: Backend, options: dict[str, Value], precision: str) -> bool:
    """Whether options mean something in a precision; some of a backend's variants do in a few of them only."""
    return options not in backend.variants or options in backend.variants_in(precision)


def _param_names(operation: str) -> set[str]:
    return {p.name for p in OPERATIONS[operation].params}
