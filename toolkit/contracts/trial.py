"""A trial: one operation with its backend, settings and input, described by names and numbers only.

A trial is written ``operation@backend:key=value,key=value``; `toolkit.contracts.notation` reads this written form.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from toolkit.contracts.backend import Backend, Placement, backend_named
from toolkit.contracts.loaded_network import NETWORK_PARAMS
from toolkit.contracts.operation import OPERATIONS, Operation
from toolkit.contracts.placed import Placed
from toolkit.contracts.tolerance import Tolerance
from toolkit.contracts.trial_keys import KEYS, USUAL_EXECUTOR
from toolkit.core.errors import AtelierError
from toolkit.core.params import Pairs, Value, pair_text
from toolkit.images.photos import DEFAULT_POOL

Step = tuple[str, Pairs]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One operation to measure, with its backend, settings and input; a trial is immutable and can be stored as JSON.

    Attributes
    ----------
    operation, backend : str
        Names of a registered operation and backend; a kernel's own name follows its backend's name: ``numba:tiled``.
    params : tuple of (str, value)
        The operation's parameters whose values differ from the defaults, in the order of declaration.
    steps : tuple of (str, tuple of (str, value))
        Pre-steps with all their parameters: operations that run before the main operation and whose time counts too.
    placement : Placement
        Device, number of threads, precision, and options of the backend.
    images : tuple of str
        Names or paths of photos; successive calls use these photos in turn.
    width, height : int
        Size of the input pictures, px.
    batch : int
        Number of pictures in one call.
    workers : int
        Number of calls that run at the same time, each in a worker of its own.
    executor : str
        Name of the executor that runs the workers, from `toolkit.workers.executor.EXECUTORS`.
    plugins : tuple of (path, sha256)
        Plug-in files that a worker must load first, each with its checksum.
    """

    operation: str
    backend: str
    params: Pairs = ()
    steps: tuple[Step, ...] = ()
    placement: Placement = field(default_factory=Placement)
    images: tuple[str, ...] = DEFAULT_POOL
    width: int
    height: int
    batch: int = 1
    workers: int = 1
    executor: str = USUAL_EXECUTOR
    plugins: tuple[tuple[str, str], ...] = ()

    @property
    def megapixels(self) -> float:
        """Input size in millions of pixels."""
        return self.width * self.height / 1e6

    @property
    def label(self) -> str:
        """The written form of the trial without size and images, for the legend of a plot or a row of a table."""
        return self._written(with_input=False)

    def __str__(self) -> str:
        return self._written(with_input=True)

    def _written(self, *, with_input: bool) -> str:
        pairs: list[tuple[str, Value]] = [*self.params, *self.placement.options]
        pairs += [(f"{step}.{name}", value) for step, given in self.steps for name, value in given]
        pairs += self.unusual_keys("device", "precision")
        pairs += [("threads", self.placement.threads), ("workers", self.workers)]
        pairs += self.unusual_keys("executor", "batch")
        if with_input:
            pairs += [("input", f"{self.width}x{self.height}"), *self.unusual_keys("images")]
        return f"{self.operation}@{self.backend}:" + ",".join(pair_text(*pair) for pair in pairs)

    def unusual_keys(self, *names: str) -> Pairs:
        """The settings of the trial (`KEYS`) that are in `names` and differ from their defaults, with their values."""
        place = self.placement
        values: dict[str, Value] = {"device": place.device, "precision": place.precision}
        values |= {"executor": self.executor, "batch": self.batch, "images": "+".join(self.images)}
        return tuple((name, values[name]) for name in names if values[name] != KEYS[name].default)

    @property
    def op(self) -> Operation:
        """The registered operation that the attribute `operation` names."""
        return OPERATIONS[self.operation]

    @property
    def runtime(self) -> Backend:
        """The registered backend that the attribute `backend` names."""
        return backend_named(self.backend)

    @property
    def resolved(self) -> dict[str, Value]:
        """Value of every parameter of the operation, in declared order."""
        return self.op.resolve(dict(self.params))

    @property
    def placed(self) -> Placed:
        """The trial's operation with all its parameters, on the trial's backend."""
        return Placed(self.op, self.resolved, self.runtime, self.placement)

    @property
    def parts(self) -> list[Placed]:
        """The operations before the main operation, each on the backend that it prefers, and the main operation."""
        place = Placement(threads=self.placement.threads)
        before = [(OPERATIONS[step], dict(given)) for step, given in self.steps]
        return [
            *(Placed(op, given, backend_named(op.prefer[0]), place) for op, given in before),
            self.placed,
        ]

    @property
    def reference(self) -> str:
        """Name of the backend whose output is the reference for all other backends."""
        return self.op.reference_of(self.resolved)

    @property
    def tolerance(self) -> Tolerance:
        """Tolerance for the difference between the output and the reference output."""
        return self.op.tolerance_of(self.backend, self.placement.precision, self.resolved)

    @property
    def wrong_size(self) -> str:
        """The reason why the backend's output is wrong at this input size; ``""`` if the output is right."""
        width, height = size_after(self.steps, self.width, self.height)
        return self.op.wrong_because(self.backend, height, width, self.resolved)

    @property
    def picture_params(self) -> Pairs:
        """The parameters in `params` that change the output picture."""
        return tuple(pair for pair in self.params if pair[0] not in self._ways)

    @property
    def way_params(self) -> Pairs:
        """The parameters in `params` that change how the output picture is computed, but not the picture itself."""
        return tuple(pair for pair in self.params if pair[0] in self._ways)

    @property
    def _ways(self) -> set[str]:
        try:
            declared = self.op.params
        except AtelierError:  # the operation's plug-in is not loaded
            declared = NETWORK_PARAMS
        return {param.name for param in declared if param.keeps_picture}

    @property
    def is_alone(self) -> bool:
        """Whether the trial runs one call after another in one separate process, as a measurement of latency does."""
        return self.workers == 1 and not self.unusual_keys("executor")

    @property
    def is_reloaded(self) -> bool:
        """Whether the trial loads its model again for each picture."""
        return ("reload", True) in self.params

    @property
    def is_untrained(self) -> bool:
        """Whether the network has random weights: then its time is valid, but the quality of its pictures is not."""
        return ("weights", "untrained") in self.params

    def to_dict(self) -> dict[str, Any]:
        """The trial as plain lists, dicts, strings and numbers (JSON).

        The default executor is left out: older stored measurements have no executor, and their keys must not change.
        """
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        if not self.unusual_keys("executor"):
            del plain["executor"]
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Trial:
        """The trial that `to_dict` converted to `plain`."""
        place = plain["placement"]
        return cls(
            **{
                **plain,
                "params": _pairs(plain["params"]),
                "steps": tuple((name, _pairs(given)) for name, given in plain["steps"]),
                "placement": Placement(**{**place, "options": _pairs(place["options"])}),
                "images": tuple(plain["images"]),
                "plugins": tuple((path, sha) for path, sha in plain["plugins"]),
            }
        )

    def key(self, environment_id: str) -> str:
        """Hash of the trial and its environment, 16 hex digits: measurements with equal keys may replace each other."""
        text = json.dumps([self.to_dict(), environment_id], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def with_(self, **changes: Any) -> Trial:
        """A copy of the trial with some attributes changed."""
        return replace(self, **changes)


def size_after(steps: Iterable[Step], width: int, height: int) -> tuple[int, int]:
    """Width and height of a picture of `width` x `height` px after the operations in `steps`, px."""
    for name, params in steps:
        height, width, _ = OPERATIONS[name].shape(height, width, dict(params))
    return width, height


def _pairs(items: Any) -> Pairs:
    return tuple((name, value) for name, value in items)
