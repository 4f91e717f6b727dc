"""Make grids of trials that compare models: each model on the backends and in the precisions that can run the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from toolkit.bench.grid import Grid
from toolkit.contracts.notation import parse_backend, parse_size, parse_trial
from toolkit.contracts.operation import OPERATIONS
from toolkit.core.choices import Precision
from toolkit.core.errors import InvalidValue, Unavailable
from toolkit.core.params import Value


@dataclass(frozen=True)
class ModelGrids:
    """One grid of trials for each model of a comparison of models.

    Attributes
    ----------
    grids : mapping of model, as written, to Grid
        The grid of each model.
    notes : tuple of str
        Sentences about missing weights and models that are left out.
    """

    grids: Mapping[str, Grid]
    notes: tuple[str, ...]

    @property
    def every(self) -> tuple[Grid, ...]:
        """The grids of all models."""
        return tuple(self.grids.values())

    def __repr__(self) -> str:
        return "\n".join([self._count, *self.notes])

    def _repr_markdown_(self) -> str:
        return "\n".join([f"*{self._count}*\n", *(f"* {note}" for note in self.notes)])

    @property
    def _count(self) -> str:
        n_trials = len({trial for grid in self.every for trial in grid.trials()})
        return f"Models: {len(self.grids)}; trials: {n_trials}."


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
    untrained: bool = False,
) -> ModelGrids:
    """Make one grid for each model, with the backends, precisions and settings to compare.

    Parameters
    ----------
    models : sequence of str
        The models to compare: operations with parameters, such as ``"edsr:model=mobile"``.
    backends : sequence of str
        Backends, each as ``name`` or ``name:option=value``; ``"all"`` is every backend with each of its variants.
        A backend that cannot run a model is left out for that model; a model that no given backend can run uses its
        preferred backend.
    precisions : sequence of str
        Precisions to compare; a precision that a backend does not have is left out for that backend. ``"all"`` is every
        precision of a backend.
    sizes : sequence of str
        Sizes of the input pictures, px, such as ``"640x480"``.
    params : mapping, optional
        Values of parameters by name, for each model that has the parameter and whose text in `models` does not set the
        parameter. A model that does not allow a value is left out, and a note says so.
    untrained : bool
        Whether a model without weights on this machine is measured with random weights from a seed, and marked
        untrained; otherwise the model is left out, and a note says so.

    Raises
    ------
    UnknownName, InvalidValue
        A model, backend or precision does not exist, or every model is left out.
    Unavailable
        Every model is left out, because the weights are not on this machine.
    """
    common = Grid(
        operations=(),
        backends=tuple(map(parse_backend, backends)) if "all" not in backends else ("all",),
        precisions=tuple(precisions),
        sizes=tuple(map(parse_size, sizes)),
        threads=tuple(threads),
        batches=tuple(batches),
        images=tuple(images),
        untrained_where_missing=True,
        only_possible=True,
    )
    grids, notes, without_weights = _grids_of(models, common, params or {}, untrained=untrained)
    left_out = [f"a model is left out, because its weights are missing: {said}" for said in without_weights]
    if not grids and without_weights:
        raise Unavailable(
            f"the weights of every model are missing: {' '.join(dict.fromkeys(without_weights))}"
        )
    if not grids:
        raise InvalidValue(" ".join(notes) or "a comparison of models needs at least one model; got none.")
    return ModelGrids(grids, tuple(dict.fromkeys([*notes, *left_out])))


def _grids_of(
    models: Sequence[str], common: Grid, params: Mapping[str, Value], *, untrained: bool
) -> tuple[dict[str, Grid], list[str], list[str]]:
    """Return the grids, notes on models, and sentences on models that are left out because weights are missing."""
    grids: dict[str, Grid] = {}
    notes: list[str] = []
    without_weights: list[str] = []
    for model in models:
        try:
            grid = _grid_of(model, common, params)
        except InvalidValue as error:
            notes.append(f"{model} is left out: {error}")
            continue
        missing = grid.missing_weights()
        if missing and not untrained:
            without_weights += missing
            continue
        grids[model] = grid
        notes += [
            f"{model} is measured with random, untrained weights from a seed: {said}" for said in missing
        ]
    return grids, notes, without_weights


def _grid_of(model: str, common: Grid, params: Mapping[str, Value]) -> Grid:
    """The `common` grid for one model, with the `params` that the model has and that its text does not set."""
    operation = OPERATIONS[model.partition(":")[0]]
    declared = {param.name for param in operation.params}
    shared = {name: value for name, value in params.items() if name in declared}
    return replace(
        common, operations=(operation.name,), params=dict(parse_trial(model, params=shared).params)
    )
