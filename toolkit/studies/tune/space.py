"""All combinations of settings that a search can choose, and which combinations run the same code."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from toolkit.analysis.additive import IntArray
from toolkit.bench.grid import Grid
from toolkit.bench.sweep import why_skipped
from toolkit.contracts.backend import BACKENDS, backend_named
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.operation import OPERATIONS, Operation
from toolkit.contracts.trial import Trial
from toolkit.core.choices import Device, Precision
from toolkit.core.errors import Unavailable
from toolkit.core.params import Pairs, Param, Value, pair_text
from toolkit.machine.hardware import allowed_cpus
from toolkit.studies.tune.objective import Objective

COLUMNS = ("backend", "options", "precision", "threads", "workers", "batch", "tile", "picture")
"""Names of the settings of a search; ``picture`` holds resolution caps and the parameters of the operation."""

_LOADS = ("workers", "batch")
_MOST_THREAD_CHOICES = 4


@dataclass(frozen=True)
class Space:
    """A table of all combinations of settings (cells) of a search.

    Attributes
    ----------
    columns : tuple of str
        Names of the settings.
    choices : tuple of tuples
        For each setting (column), the values that it may have.
    cells : ndarray of int
        Shape ``(cells, columns)``: for each combination, the index in `choices` of each setting's value.
    """

    columns: tuple[str, ...]
    choices: tuple[tuple[Any, ...], ...]
    cells: IntArray

    def __len__(self) -> int:
        return len(self.cells)

    def value(self, cell: int, column: str) -> Any:
        """The value of one setting (column) in a combination of settings (cell)."""
        at = self.columns.index(column)
        return self.choices[at][self.cells[cell, at]]

    def starts(self) -> list[int]:
        """Plain settings for each backend and precision: first options, most threads, one worker, batch of 1."""
        found: dict[tuple[int, ...], int] = {}
        for cell in sorted(range(len(self)), key=self._plainness):
            found.setdefault(tuple(self._codes(cell, ("backend", "precision"))), cell)
        return list(found.values())

    def same_picture(self, cell: int) -> IntArray:
        """Settings whose pictures are computed as that of `cell`: the pictures are all right or all wrong."""
        return self._alike(cell, free=("threads", "tile", *_LOADS))

    def same_way(self, cell: int) -> IntArray:
        """Settings that run the same code as `cell`: the code fails for all of these settings or for none."""
        return self._alike(cell, free=("threads", *_LOADS))

    def heavier(self, cell: int) -> IntArray:
        """Settings that need at least the memory of `cell`: equal settings with as many or more workers or pictures."""
        return self._alike(cell, free=("threads",), at_least=_LOADS)

    def same_memory(self, cell: int) -> IntArray:
        """Settings that need the same memory as `cell`."""
        return self._alike(cell, free=("threads",))

    def _alike(self, cell: int, *, free: Collection[str], at_least: Collection[str] = ()) -> IntArray:
        own, alike = self.cells[cell], np.ones(len(self), dtype=bool)
        for at, name in enumerate(self.columns):
            if name in at_least:
                alike &= self.cells[:, at] >= own[at]
            elif name not in free:
                alike &= self.cells[:, at] == own[at]
        return np.flatnonzero(alike)

    def _codes(self, cell: int, names: Sequence[str]) -> list[int]:
        return [int(self.cells[cell, self.columns.index(name)]) for name in names if name in self.columns]

    def _plainness(self, cell: int) -> tuple[list[int], list[int]]:
        others = [name for name in self.columns if name not in ("backend", "precision", "threads")]
        return self._codes(cell, others), [-code for code in self._codes(cell, ("threads",))]


@dataclass(frozen=True)
class TrialSpace(Space):
    """A table of combinations of settings (cells), each of which is a trial.

    Attributes
    ----------
    trials : tuple of Trial
        The trial of each combination of settings (cell).
    left_out : tuple of str
        Sentences that name settings which cannot run on this machine, and the reason.
    """

    trials: tuple[Trial, ...] = ()
    left_out: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, trials: Sequence[Trial], *, left_out: Sequence[str] = ()) -> TrialSpace:
        """Make the space of some trials of one operation; numbers of threads, workers and pictures are sorted."""
        distinct = list(dict.fromkeys(trials))
        rows = [_choices_of(trial) for trial in distinct]
        choices = tuple(tuple(_in_order(row[at] for row in rows)) for at in range(len(COLUMNS)))
        codes = [[choices[at].index(row[at]) for at in range(len(COLUMNS))] for row in rows]
        return cls(COLUMNS, choices, np.array(codes, dtype=np.int64), tuple(distinct), tuple(left_out))

    def label(self, cell: int) -> str:
        """A combination of settings in words: ``openvino bf16 threads=2``."""
        return label_of(self.trials[cell])


def label_of(trial: Trial) -> str:
    """The settings of a trial in words: backend, choices that differ from the defaults, threads."""
    place = trial.placement
    words = [trial.backend, *(pair_text(*pair) for pair in place.options)]
    if trial.op.network is not None:
        words.append(str(place.precision))
    words.append(f"threads={place.threads}")
    words += [pair_text(name, value) for name, value in _load_of(trial).items() if value != 1]
    words += [pair_text(*pair) for pair in trial.params]
    words += [pair_text(f"{step}.{name}", value) for step, given in trial.steps for name, value in given]
    return " ".join(words)


def space_of(
    operation: str,
    *,
    minimize: str = Objective.LATENCY,
    size: tuple[int, int] | None = None,
    images: Sequence[str] = (),
    device: str = Device.CPU,
    params: Mapping[str, object] | None = None,
    vary: Mapping[str, Sequence[object]] | None = None,
    caps_mp: Sequence[float] = (),
    plugins: tuple[tuple[str, str], ...] = (),
) -> TrialSpace:
    """Every combination of settings with which an operation can run on this machine, by the operation's declarations.

    Parameters
    ----------
    minimize : {"latency", "throughput", "memory"}
        Workers and pictures per call vary only for throughput, because neither makes one call shorter.
    size : (width, height), optional
        Size of the input picture, px; without `size`, the input has 1 MP.
    images : sequence of str
        Photos on which the operation runs; without `images`, the two sample photos.
    params : mapping
        Fixed values of parameters of the operation.
    vary : mapping of parameter to values
        Parameters of the operation that the search may vary, with the values to try.
    caps_mp : sequence of float
        Sizes, MP, to which the picture may be shrunk first; the full size is always a choice.

    Raises
    ------
    UnknownName, InvalidValue
    Unavailable
        No combination of settings can run on this machine.
    """
    op, loads = OPERATIONS[operation], minimize == Objective.THROUGHPUT
    threads, backends = _thread_choices(), _backends(op)
    varied = dict(vary or {})
    tiles = _tiles(operation, dict(params or {}), size)
    found: list[Trial] = []
    for values in itertools.product(*varied.values()):
        chosen = {**(params or {}), **dict(zip(varied, values, strict=True))}
        for tile in tiles if "tile" not in chosen else (None,):
            found += Grid(
                operations=(operation,),
                backends=backends,
                sizes=() if size is None else (size,),
                threads=threads,
                workers=threads if loads else (1,),
                steps=((), *((("fit_pixels", {"pixels": round(1e6 * cap)}),) for cap in caps_mp)),
                images=tuple(images),
                precisions=("all",) if op.network is not None else (Precision.FP32,),
                device=device,
                batches=(1, 2, 4) if loads and op.network is not None else (1,),
                params={**chosen, **({"tile": tile} if tile else {})},
                plugins=plugins,
                only_possible=True,
            ).trials()
    usable, left_out = _that_can_run(found)
    if not usable:
        reasons = "; ".join(reason.rstrip(".") for reason in left_out) or "no backend runs this operation"
        raise Unavailable(f"no settings can run {operation} on this machine: {reasons}.")
    return TrialSpace.of(usable, left_out=left_out)


def default_trial(like: Trial, *, params: Mapping[str, object]) -> Trial:
    """The trial that ``tk.apply`` runs if only parameters are given: the preferred backend on all processors.

    Parameters
    ----------
    like : Trial
        A trial that gives the operation, the photos, their size and the device.
    """
    return make_trial(
        like.operation,
        params=params,
        threads=allowed_cpus(),
        images=like.images,
        size=(like.width, like.height),
        device=like.placement.device,
        plugins=like.plugins,
    )


def _backends(op: Operation) -> tuple[tuple[str, Pairs], ...]:
    """Every backend and kernel that runs the operation, with default options and with each option changed alone."""
    found: list[tuple[str, Pairs]] = []
    for entry in sorted([*BACKENDS, *(kernel for kernel in op.kernels if ":" in kernel)]):
        backend = backend_named(entry)
        found.append((entry, ()))
        if op.runs_on(backend) and entry not in op.kernels:
            found += [(entry, (pair,)) for option in backend.options for pair in _changes(option)]
            found += [(entry, tuple(variant.items())) for variant in backend.variants if variant]
    return tuple(dict.fromkeys(found))


def _changes(option: Param) -> list[tuple[str, Value]]:
    """The values of an option other than the default; an option with numeric values gives an empty list."""
    if isinstance(option.default, bool):
        return [(option.name, not option.default)]
    return [(option.name, value) for value in option.choices if value != option.default]


def _thread_choices() -> tuple[int, ...]:
    """The four largest of 1, 2, 4, ... and the number of processors of this process."""
    n = allowed_cpus()
    doubled = [2**i for i in range(n.bit_length()) if 2**i < n]
    return tuple([1, *doubled[1:], n][-_MOST_THREAD_CHOICES:]) if n > 1 else (1,)


def _tiles(operation: str, params: dict[str, object], size: tuple[int, int] | None) -> tuple[int | None, ...]:
    """Tile sides to try, px, where None means no tiles: only a network with a halo runs in tiles."""
    op = OPERATIONS[operation]
    network = op.network_of(op.resolve(params))
    if network is None or network.halo is None or size is None:
        return (None,)
    return (None, *(side for side in (256, 512) if 2 * side <= max(size)))


def _that_can_run(trials: Sequence[Trial]) -> tuple[list[Trial], list[str]]:
    """The trials that can run on this machine, and a sentence for each kind of trial that cannot run."""
    reasons: dict[tuple[object, ...], str] = {}
    usable = []
    for trial in trials:
        place = trial.placement
        way = (trial.backend, place.options, place.precision, trial.params, trial.steps)
        if way not in reasons:
            reasons[way] = why_skipped(trial) or trial.wrong_size
        if not reasons[way]:
            usable.append(trial)
    return usable, list(dict.fromkeys(filter(None, reasons.values())))


def _load_of(trial: Trial) -> dict[str, int]:
    return {"workers": trial.workers, "batch": trial.batch}


def _choices_of(trial: Trial) -> tuple[Any, ...]:
    place, params = trial.placement, dict(trial.params)
    tile = params.pop("tile", 0)
    options = ",".join(pair_text(*pair) for pair in place.options)
    picture = (tuple(params.items()), trial.steps)
    load = (trial.workers, trial.batch)
    return (trial.backend, options, str(place.precision), place.threads, *load, tile, picture)


def _in_order(values: Any) -> list[Any]:
    """The distinct values: numbers are sorted; other values start with the default and keep their order."""
    distinct = list(dict.fromkeys(values))
    if all(isinstance(value, int) for value in distinct):
        return sorted(distinct)
    return sorted(distinct, key=lambda value: value not in ("", "fp32", ((), ())))
