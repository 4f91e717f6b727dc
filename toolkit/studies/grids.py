"""Grids of trials for models by name: each model on every backend, and in every precision, that can run it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from toolkit.bench.sweep import Grid
from toolkit.contracts.backend import BACKENDS
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.notation import parse_backend, parse_size, parse_trial
from toolkit.contracts.operation import OPERATIONS, Operation
from toolkit.core.choices import Precision
from toolkit.core.errors import InvalidValue
from toolkit.core.params import Pairs, Value


@dataclass(frozen=True)
class ModelGrids:
    """The grids of some models.

    Attributes
    ----------
    grids : mapping of model, as written, to tuple of Grid
    notes : tuple of str
        Sentences about missing weights and models that are left out.
    """

    grids: Mapping[str, tuple[Grid, ...]]
    notes: tuple[str, ...]

    @property
    def every(self) -> tuple[Grid, ...]:
        """The grids of all models."""
        return tuple(grid for grids in self.grids.values() for grid in grids)

    def of(self, model: str, measurements: Sequence[Measurement]) -> list[Measurement]:
        """The measurements of one model."""
        asked = {trial for grid in self.grids[model] for trial in grid.trials()}
        return [m for m in measurements if m.trial in asked]

    def __repr__(self) -> str:
        return "\n".join([self._count, *self.notes])

    def _repr_markdown_(self) -> str:
        return "\n".join([f"*{self._count}*\n", *(f"* {note}" for note in self.notes)])

    @property
    def _count(self) -> str:
        n_models, n_rows = len(self.grids), len({trial for grid in self.every for trial in grid.trials()})
        models = "1 model" if n_models == 1 else f"{n_models} models"
        rows = "1 way" if n_rows == 1 else f"{n_rows} ways"
        return f"{models} in {rows} altogether."


def model_grids(
    models: Sequence[str],
    *,
    backends: Sequence[str] = (),
    precisions: Sequence[str] = (Precision.FP32,),
    sizes: Sequence[str] = ("640x480",),
    threads: Sequence[int] = (1,),
    batches: Sequence[int] = (1,),
    images: Sequence[str] = (),
    params: Mapping[str, Value] | None = None,
) -> ModelGrids:
    """Grids that compare models, and the ways of running each of them.

    Where weights are not on this machine, seeded ones take their place, and the rows are marked untrained.

    Parameters
    ----------
    models : sequence of str
        Operations with parameters, ``"edsr:model=mobile"``.
    backends : sequence of str
        ``name`` or ``name:option=value``; ``"all"`` is every one with each of its variants. A backend that cannot run
        a model is left out for that model; a model that none of them can run takes the backend that it prefers.
    precisions : sequence of str
        A precision that a backend does not have is left out for that backend; ``"all"`` is each that it has.
    sizes : sequence of str
        Sizes of the input pictures, ``"640x480"``, px.
    params : mapping, optional
        Given to every model that declares the name and has no value of its own. A model that refuses the value is
        left out, and a note says so.

    Raises
    ------
    UnknownName, InvalidValue
        A name does not exist, or no model is left.
    """
    grids: dict[str, tuple[Grid, ...]] = {}
    notes: list[str] = []
    common = Grid(
        operations=(),
        sizes=tuple(map(parse_size, sizes)),
        threads=tuple(threads),
        batches=tuple(batches),
        images=tuple(images),
        untrained_where_missing=True,
    )
    for model in models:
        operation = OPERATIONS[model.partition(":")[0]]
        declared = {param.name for param in operation.params}
        shared = {name: value for name, value in (params or {}).items() if name in declared}
        try:
            given = dict(parse_trial(model, params=shared).params)
            ways = _ways(operation, operation.resolve(given), backends, precisions)
        except InvalidValue as error:
            notes.append(f"{model} is left out: {error}")
            continue
        of_model = replace(common, operations=(operation.name,), params=given)
        grids[model] = tuple(replace(of_model, backends=(way,), precisions=chosen) for way, chosen in ways)
        missing = dict.fromkeys(said for grid in grids[model] for said in grid.missing_weights())
        notes += [f"{model} is measured untrained, with seeded weights: {said}" for said in missing]
    if not grids:
        raise InvalidValue(" ".join(notes) or "a sweep of models must be given at least one; got none.")
    return ModelGrids(grids, tuple(dict.fromkeys(notes)))


def _ways(
    operation: Operation, params: dict[str, Value], backends: Sequence[str], precisions: Sequence[str]
) -> list[tuple[tuple[str, Pairs], tuple[str, ...]]]:
    """Backends with their options, each with the precisions to run in."""
    if "all" in backends:
        asked = [(name, tuple(each.items())) for name in BACKENDS for each in BACKENDS[name].variants]
    else:
        asked = [parse_backend(text) for text in backends]
    ways = []
    for name, options in asked:
        backend = BACKENDS[name]
        # A variant may exist in some of the precisions only.
        offered = [
            precision
            for precision in backend.precisions
            if dict(options) not in backend.variants or dict(options) in backend.variants_in(precision)
        ]
        chosen = _precisions(operation, offered, precisions)
        if chosen and operation.runs_on(backend, params):
            ways.append(((name, options), chosen))
    if ways:
        return ways
    preferred = operation.choose_backend(1, 1, params)
    chosen = _precisions(operation, BACKENDS[preferred].precisions, precisions)
    return [((preferred, ()), chosen or (Precision.FP32,))]


def _precisions(operation: Operation, offered: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    if operation.network is None:
        return (Precision.FP32,)
    return tuple(name for name in (offered if "all" in wanted else wanted) if name in offered)
