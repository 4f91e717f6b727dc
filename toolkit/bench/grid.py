"""A grid of trials: every combination of operations, backends, sizes and settings."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from toolkit.bench.executors import batches_for, executors_for, workers_for
from toolkit.contracts.backend import BACKENDS, Backend, backend_named
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.notation import parse_backend
from toolkit.contracts.operation import OPERATIONS, Operation
from toolkit.contracts.trial import Trial
from toolkit.contracts.trial_keys import USUAL_EXECUTOR
from toolkit.core import units
from toolkit.core.choices import Device, Precision
from toolkit.core.errors import InvalidValue, Unavailable, invalid, unknown
from toolkit.core.params import Pairs, Value
from toolkit.images.photos import size_for
from toolkit.machine.hardware import allowed_cpus
from toolkit.models import network_files


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Lists of operations, backends, precisions, sizes and other settings, whose combinations are trials.

    Attributes
    ----------
    operations : tuple of str
        Names of the operations.
    backends : tuple of str, or of (name, options)
        Names of backends, texts such as ``torch:compile=true``, or pairs of a name and its options. Without names,
        each operation, size and precision runs on the backend that the operation prefers. ``("all",)`` means every
        backend that can run the operation, with each set of options in its `variants`.
    megapixels : tuple of float
        Sizes of input pictures with sides in the ratio 4:3, MP; ignored if `sizes` is given.
    sizes : tuple of (width, height)
        Sizes of the input pictures, px.
    executors : tuple of str
        Names of executors, which run the workers, for example as processes or threads. ``("all",)`` means every
        executor that runs on this machine alone.
    threads, workers : tuple of int
        Numbers of threads of each worker, and numbers of workers.
    oversubscribed : bool
        Whether the grid also has combinations of several workers with several threads that need more processors than
        this process may use. If `oversubscribed` is False, the grid leaves out such combinations: see `left_out`. A
        grid with a single number of workers and a single number of threads leaves nothing out.
    steps : tuple of pre-step chains
        Each chain is a tuple of ``(operation, parameters)``: operations that run before the main operation.
    images : tuple of str
        Names or paths of photos, which successive calls use in turn; without names, the default photos.
    precisions : tuple of str
        Precisions of a network's arithmetic; ``("all",)`` means every precision of the backend.
    device : {"cpu", "cuda"}
        The device on which every trial runs.
    batches : tuple of int
        Numbers of pictures in one call.
    params : mapping
        Maps names of parameters to values; a value applies to every operation that has a parameter of this name.
    plugins : tuple of (path, sha256)
        Plug-in files that every worker loads first, each with its checksum.
    untrained_where_missing : bool
        Whether a network runs with random weights if its published weights are not on this machine; its results are
        then marked as untrained. If `untrained_where_missing` is False, a trial without weights is skipped.
    only_possible : bool
        Whether the grid leaves out backends that cannot run an operation and precisions that a backend lacks; an
        operation that none of `backends` can run then uses its preferred backend. If `only_possible` is False, the
        grid has trials that cannot run, and these trials are skipped.
    """

    operations: tuple[str, ...]
    backends: tuple[str | tuple[str, Pairs], ...] = ()
    megapixels: tuple[float, ...] = (1.0,)
    sizes: tuple[tuple[int, int], ...] = ()
    threads: tuple[int, ...] = (1,)
    workers: tuple[int, ...] = (1,)
    executors: tuple[str, ...] = (USUAL_EXECUTOR,)
    oversubscribed: bool = False
    steps: tuple[tuple[tuple[str, Mapping[str, object]], ...], ...] = ((),)
    images: tuple[str, ...] = ()
    precisions: tuple[str, ...] = (Precision.FP32,)
    device: str = Device.CPU
    batches: tuple[int, ...] = (1,)
    params: Mapping[str, object] = field(default_factory=dict)
    plugins: tuple[tuple[str, str], ...] = ()
    untrained_where_missing: bool = False
    only_possible: bool = False

    def trials(self) -> list[Trial]:
        """Every combination of the grid as a checked trial, without repeats; comparable trials follow each other.

        Raises
        ------
        UnknownName, InvalidValue
        """
        self._check_params()
        found: list[Trial] = []
        sizes = self.sizes or tuple(map(size_for, self.megapixels))
        for name, size, steps in itertools.product(self.operations, sizes, self.steps):
            make = partial(
                make_trial,
                name,
                params=self._params_of(name),
                steps=steps,
                device=self.device,
                images=self.images,
                size=size,
                plugins=self.plugins,
            )
            settings = itertools.product(self._ways(name, make), self._places(name))
            found += [make(**way, **place) for way, place in settings]
        if self.untrained_where_missing:
            found = [untrained(trial) if why_missing(trial) else trial for trial in found]
        return list(dict.fromkeys(found))

    def left_out(self) -> str:
        """A sentence that names the combinations of workers and threads that the grid leaves out; ``""`` if none."""
        many = [f"{w} workers x {t} threads" for w, t in self._crossed() if not self._fits(w, t)]
        if not many:
            return ""
        processors = units.counted(allowed_cpus(), "processor")
        return f"left out {', '.join(many)}: together more threads than the {processors} that this process may use."

    def _crossed(self) -> list[tuple[int, int]]:
        return list(dict.fromkeys(itertools.product(self.workers, self.threads)))

    def _fits(self, workers: int, threads: int) -> bool:
        is_implied = min(workers, threads) > 1 and len(self._crossed()) > 1
        return self.oversubscribed or not is_implied or workers * threads <= allowed_cpus()

    def _places(self, name: str) -> list[dict[str, Any]]:
        """Executors with numbers of workers, of threads and of pictures in a call, as arguments of `make_trial`."""
        return [
            {"executor": executor, "threads": threads, "workers": workers, "batch": batch}
            for executor in executors_for(self.executors, OPERATIONS[name])
            for threads, workers in itertools.product(self.threads, workers_for(executor, self.workers))
            if self._fits(workers, threads)
            for batch in batches_for(executor, self.batches)
        ]

    def missing_weights(self) -> list[str]:
        """A sentence for each set of published weights that is not on this machine."""
        asked = dataclasses.replace(self, untrained_where_missing=False).trials()
        one_of_each = {(trial.operation, trial.params): trial for trial in asked}
        said = [why_missing(trial) for trial in one_of_each.values()]
        return list(dict.fromkeys(filter(None, said)))

    def _ways(self, name: str, make: Callable[..., Trial]) -> list[dict[str, Any]]:
        """Backends with options and a precision that run the operation `name`, as arguments of `make_trial`."""
        op, is_all = OPERATIONS[name], "all" in self.backends
        resolved = op.resolve(self._params_of(name))
        if is_all:
            further = (entry for entry in op.kernels if ":" in entry)
            every = sorted([*BACKENDS, *further])
            asked = [(each, tuple(v.items())) for each in every for v in backend_named(each).variants]
        else:
            asked = [parse_backend(one) if isinstance(one, str) else one for one in self.backends]
        leaves_out = is_all or self.only_possible
        found = [
            {"backend": backend, "options": dict(options), "precision": precision}
            for backend, options in asked
            if not leaves_out or op.runs_on(backend_named(backend), resolved)
            for precision in self._precisions(op, backend)
            if not leaves_out or _has_variant(backend_named(backend), dict(options), precision)
        ]
        if found or (self.backends and not self.only_possible):
            return found

        def preferred(precision: str) -> str:
            try:
                return make(precision=precision).backend
            except Unavailable:
                return op.prefer[0]  # trials of this backend are skipped, with the reason

        precisions = self._precisions(op, preferred(Precision.FP32)) or (Precision.FP32,)
        return [{"backend": preferred(precision), "precision": precision} for precision in precisions]

    def _precisions(self, op: Operation, backend: str) -> tuple[str, ...]:
        has, is_all = backend_named(backend).precisions, "all" in self.precisions
        if op.network is None and (is_all or self.only_possible):
            return (Precision.FP32,)
        if is_all:
            return has
        return tuple(one for one in self.precisions if one in has or not self.only_possible)

    def _params_of(self, name: str) -> dict[str, object]:
        presets = OPERATIONS[name].presets
        found = {k: v for k, v in self.params.items() if k in _param_names(name)}
        return {k: v for k, v in found.items() if k != "preset" or v in presets}

    def _check_params(self) -> None:
        if not self.operations or isinstance(self.operations, str):
            raise invalid("operations", "a sweep", "a tuple of at least one name", self.operations)
        declared = set().union(*map(_param_names, self.operations))
        for name in self.params:
            if name not in declared:
                raise unknown(f"parameter of {', '.join(self.operations)}", name, declared)
        presets = {name for op in self.operations for name in OPERATIONS[op].presets}
        if "preset" in self.params and self.params["preset"] not in presets:
            raise unknown(f"preset of {', '.join(self.operations)}", str(self.params["preset"]), presets)


def why_missing(trial: Trial) -> str:
    """A sentence with the source and checksum of the weights that are missing for `trial`; ``""`` if none is missing.

    The result is also ``""`` in two cases that the trial itself reports: a network that is published only as a graph,
    which cannot have random weights, and a weights file with a wrong checksum.

    Raises
    ------
    InvalidValue
        The environment variable ``ATELIER_WEIGHTS`` is not the path of a folder.
    """
    network = trial.placed.network
    if network is None or not network.architecture:
        return ""
    if network.seed is None and not network.weights:
        return f"no weights are published for {network.name}."
    # Raises InvalidValue if ATELIER_WEIGHTS is not a folder, because then no trial can find its weights.
    network_files.files(network)
    try:
        network_files.checkpoint(network)
    except (Unavailable, InvalidValue) as error:
        return str(error) if isinstance(error, Unavailable) else ""
    return ""


def untrained(trial: Trial) -> Trial:
    """The trial, changed to use random weights, which are drawn from a seed."""
    given = {**dict(trial.params), "weights": "untrained"}
    return trial.with_(params=tuple((p.name, given[p.name]) for p in trial.op.params if p.name in given))


def _has_variant(backend: Backend, options: dict[str, Value], precision: str) -> bool:
    """Whether options have an effect in a precision; False for some of the backend's `variants`."""
    return options not in backend.variants or options in backend.variants_in(precision)


def _param_names(operation: str) -> set[str]:
    op = OPERATIONS[operation]
    return {p.name for p in op.params} | ({"preset"} if op.presets else set())
