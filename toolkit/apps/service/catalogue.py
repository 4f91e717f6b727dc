"""The operations that a service offers, and the conversion of requests into work."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from toolkit.apps.service.problems import Problem
from toolkit.apps.service.settings import ServiceSettings
from toolkit.contracts.backend import BACKENDS, backend_named
from toolkit.contracts.operation import OPERATIONS, Operation
from toolkit.contracts.placed import placement_for
from toolkit.core import units
from toolkit.core.errors import AtelierError, Unavailable, UnknownName, unknown
from toolkit.core.params import ShareOfSide, Value
from toolkit.images.encode import holds
from toolkit.jobs.costs import Costs
from toolkit.workers.executor import Work

MOST_OPERATIONS = 8
SUFFIX_OF = {"png": ".png", "jpg": ".jpg", "jpeg": ".jpg", "webp": ".webp"}
_SHOWN_PX = 1_000_000  # size of the picture for which /operations estimates times
_PROBE = (480, 640)


class Catalogue:
    """The operations that a service offers.

    Parameters
    ----------
    settings : ServiceSettings
        Settings of the service, which name the operations to serve.

    Raises
    ------
    UnknownName, InvalidValue, Unavailable, Unsupported
        An operation does not exist or cannot run on this machine, or a default value is wrong.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        if settings.operations:
            self.operations = {name: OPERATIONS[name] for name in settings.operations}
            for operation in self.operations.values():
                self._work(operation, {}, "", _PROBE)
        else:
            found = {operation.name: operation for operation in OPERATIONS.loadable()}
            self.operations = {name: one for name, one in found.items() if self._runs_here(one)}

    def _runs_here(self, operation: Operation) -> bool:
        try:
            self._work(operation, {}, "", _PROBE)
        except AtelierError:
            return False
        return True

    def first_work(self) -> Work:
        """The operation, with its settings, that the workers prepare when they start."""
        preferred = "stylization" if "stylization" in self.operations else next(iter(self.operations), None)
        name = next(iter(self._settings.operations), preferred)
        if name is None:
            raise Unavailable("no operation can run on this machine; atelier doctor says what is missing.")
        return self._work(self.operations[name], {}, "", _PROBE)

    def default_works(self) -> list[Work]:
        """Every served operation with its default settings, as objects that workers can run."""
        return [self._work(operation, {}, "", _PROBE) for operation in self.operations.values()]

    def works(
        self, names: Sequence[str], params_json: str, backend: str, *, width: int, height: int
    ) -> tuple[Work, ...]:
        """Convert a request into work for the workers (operations with settings), after all checks.

        Raises
        ------
        Problem
            400: the request is malformed; 404: an operation does not exist; 422: a parameter or backend is wrong.
        """
        asked = self.asked(names)
        given = _params(params_json, asked)
        return tuple(
            self._work(self.operations[name], given[name], backend, (height, width)) for name in asked
        )

    def suffix(self, name: str, works: Sequence[Work]) -> str:
        """The file suffix of a format.

        Raises
        ------
        UnknownName
            The service offers no format of this name.
        """
        if name.lower() not in SUFFIX_OF:
            raise unknown("format", name, SUFFIX_OF)
        suffix = SUFFIX_OF[name.lower()]
        for work in works:
            if not holds(suffix, work.op.shape(*_PROBE, dict(work.params))[2]):
                raise Problem(
                    422,
                    f"'format' must hold alpha, because the result of {work.operation} has alpha; got {name!r}. "
                    "Ask for png.",
                )
        return suffix

    def require_cheap(self, works: Sequence[Work], costs: Costs, *, n_px: int) -> None:
        """Raise `Problem` 422 if an operation takes longer for `n_px` pixels than the service allows."""
        most_s = self._settings.max_cost_s
        if most_s is None:
            return
        for work in works:
            cost_s = costs.run_s(work, n_px=n_px)
            if cost_s is not None and cost_s > most_s:
                raise Problem(
                    422,
                    f"{work.operation} must take at most {units.seconds(most_s)} on this service, but takes about "
                    f"{units.seconds(cost_s)} for {units.pixel_count(n_px)}. Send a smaller picture, or choose another "
                    "operation.",
                )

    def describe(self, costs: Costs) -> list[dict[str, Any]]:
        """The parameters, presets, backends and measured cost of every operation, for ``/operations``."""
        return [self._described(one, costs) for one in self.operations.values()]

    def _described(self, operation: Operation, costs: Costs) -> dict[str, Any]:
        work = self._work(operation, {}, "", _PROBE)
        defaults = dict(work.params)
        cost_s, most_s = costs.run_s(work, n_px=_SHOWN_PX), self._settings.max_cost_s
        return {
            "name": operation.name,
            "summary": operation.summary,
            "is_style": operation.is_style,
            "params": [
                {
                    "name": param.name,
                    "default": defaults[param.name],
                    "low": param.low,
                    "high": param.high,
                    "choices": list(param.choices),
                    "unit": param.unit,
                    "scale": param.scale,
                    "help": param.help,
                }
                for param in operation.params
            ],
            "presets": {
                name: {key: str(v) if isinstance(v, ShareOfSide) else v for key, v in preset.items()}
                for name, preset in operation.presets.items()
            },
            "backends": [name for name in operation.prefer if _is_there(name)],
            "seconds_per_mp": cost_s,
            "is_too_slow": bool(most_s and cost_s and cost_s > most_s),
        }

    def asked(self, names: Sequence[str]) -> list[str]:
        """The names of the operations of a request, without repeats.

        Raises
        ------
        Problem
            400: the request names no operation, or too many; 404: an operation does not exist.
        """
        parts = [part.strip() for name in names for part in name.split(",")]
        asked = list(dict.fromkeys(filter(None, parts)))
        if not 1 <= len(asked) <= MOST_OPERATIONS:
            raise Problem(400, f"'operation' must be 1 to {MOST_OPERATIONS} names; got {len(asked)}.")
        for name in asked:
            if name not in self.operations:
                raise Problem(404, str(unknown("operation", name, self.operations)))
        return asked

    def _work(
        self, operation: Operation, given: Mapping[str, object], backend: str, size: tuple[int, int]
    ) -> Work:
        settings = self._settings
        tuned = settings.tuned.get(operation.name, Work(operation=operation.name))
        defaults = {} if "preset" in given else dict(tuned.params)
        params = operation.resolve({**defaults, **given}, size=size)
        is_tuned = operation.name in settings.tuned and backend in ("", tuned.backend)
        placement = tuned.placement if is_tuned else placement_for(settings.threads)
        chosen = backend or tuned.backend
        if chosen:
            runtime = backend_named(chosen)
            runtime.check(placement)
            operation.require(runtime, params)
        else:
            operation.choose_backend(*size, params, placement)
        work = Work(
            operation=operation.name, backend=chosen, params=tuple(params.items()), placement=placement
        )
        return replace(work, plugins=settings.plugins, steps=tuned.steps)


def _is_there(backend: str) -> bool:
    try:
        return backend.partition(":")[0] in BACKENDS
    except UnknownName:
        return False


def _params(text: str, asked: Sequence[str]) -> dict[str, dict[str, Value]]:
    """Read the parameters of a request: ``{name: value}`` for all operations, or ``{operation: {name: value}}``."""
    try:
        given = json.loads(text or "{}")
    except (ValueError, RecursionError):
        raise Problem(
            400, "'params' must be a JSON object such as {\"sigma_s\": 60}; it is not JSON."
        ) from None
    if not isinstance(given, dict):
        raise Problem(400, f"'params' must be a JSON object; got {type(given).__name__}.")
    own = {name: value for name, value in given.items() if isinstance(value, dict)}
    for name in own:
        if name not in asked:
            raise Problem(422, str(unknown("operation in 'params'", name, asked)))
    shared = {name: value for name, value in given.items() if name not in own}
    return {name: {**shared, **own.get(name, {})} for name in asked}
