"""The question: one operation, one way to run it, one input. Names and numbers only.

Written ``operation@backend:key=value,key=value``; see `toolkit.contracts.notation`, which reads it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple

from toolkit.contracts.backend import BACKENDS, MOST_THREADS, Backend, Placement
from toolkit.contracts.operation import OPERATIONS, Operation
from toolkit.contracts.tolerance import Tolerance
from toolkit.core.choices import Device, Precision
from toolkit.core.errors import invalid
from toolkit.core.params import Param, Value, resolve
from toolkit.images.photos import DEFAULT_POOL, MAX_MEGAPIXELS, photo_file, size_for
from toolkit.models.network import Network

Step = tuple[str, tuple[tuple[str, Value], ...]]

KEYS: tuple[Param, ...] = (
    Param(name="megapixels", default=1.0, low=1e-6, high=400.0, unit="MP", help="input size, 4:3"),
    Param(name="input", default="", unit="px", help="input size as WIDTHxHEIGHT"),
    Param(name="images", default="", help="photos taken in turn, joined by +"),
    Param(name="batch", default=1, low=1, high=1024, help="pictures a call"),
    Param(name="threads", default=1, low=1, high=MOST_THREADS, help="threads inside one process"),
    Param(name="workers", default=1, low=1, high=256, help="processes side by side"),
    Param(name="device", default=Device.CPU, choices=tuple(Device)),
    Param(
        name="precision",
        default=Precision.FP32,
        choices=tuple(Precision),
    ),
)


class Part(NamedTuple):
    """One operation of a trial as it is run: a pre-step, or the operation itself."""

    op: Operation
    backend: Backend
    params: Mapping[str, Value]
    precision: str

    @property
    def network(self) -> Network | None:
        """The network that runs; None for an operation without one."""
        return self.op.network_of(self.params)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A frozen question; also the message to a worker, a row in the store and a Papermill parameter.

    Attributes
    ----------
    operation, backend : str
        Registry names.
    params : tuple of (str, value)
        The operation's parameters that differ from their defaults, in declared order.
    steps : tuple of (str, tuple of (str, value))
        Pre-steps with all their parameters, done and timed before the operation.
    placement : Placement
        Device, threads, precision, the backend's options.
    images : tuple of str
        Photos (names or paths), taken in turn.
    width, height : int
        Input size, px.
    batch : int
        Pictures a call.
    workers : int
        Processes that run side by side.
    plugins : tuple of (path, sha256)
        Files to load first.
    """

    operation: str
    backend: str
    params: tuple[tuple[str, Value], ...] = ()
    steps: tuple[Step, ...] = ()
    placement: Placement = field(default_factory=Placement)
    images: tuple[str, ...] = DEFAULT_POOL
    width: int
    height: int
    batch: int = 1
    workers: int = 1
    plugins: tuple[tuple[str, str], ...] = ()

    @property
    def megapixels(self) -> float:
        """Input size in millions of pixels."""
        return self.width * self.height / 1e6

    @property
    def label(self) -> str:
        """The written form without size and images: what a legend or a table row says."""
        return self._written(with_input=False)

    def __str__(self) -> str:
        return self._written(with_input=True)

    def _written(self, *, with_input: bool) -> str:
        parts: list[tuple[str, Value]] = [*self.params, *self.placement.options]
        parts += [(f"{step}.{k}", v) for step, given in self.steps for k, v in given]
        parts += [("device", self.placement.device)] * (self.placement.device != Device.CPU)
        parts += [("precision", self.placement.precision)] * (self.placement.precision != Precision.FP32)
        parts += [("threads", self.placement.threads), ("workers", self.workers)]
        parts += [("batch", self.batch)] * (self.batch != 1)
        if with_input:
            parts.append(("input", f"{self.width}x{self.height}"))
            parts += [("images", "+".join(self.images))] * (self.images != DEFAULT_POOL)
        return f"{self.operation}@{self.backend}:" + ",".join(f"{k}={_text(v)}" for k, v in parts)

    @property
    def working_size(self) -> tuple[int, int]:
        """Width and height that reach the operation, after the pre-steps; px."""
        return _after_steps(self.steps, self.width, self.height)

    @property
    def op(self) -> Operation:
        """The operation that `operation` names."""
        return OPERATIONS[self.operation]

    @property
    def runtime(self) -> Backend:
        """The backend that `backend` names."""
        return BACKENDS[self.backend]

    @property
    def resolved(self) -> dict[str, Value]:
        """Every parameter of the operation, in declared order."""
        return self.op.resolve(dict(self.params))

    @property
    def parts(self) -> list[Part]:
        """The pre-steps, each on the backend that its operation prefers, and then the operation itself."""
        before = [(OPERATIONS[step], dict(given)) for step, given in self.steps]
        return [
            *(Part(op, BACKENDS[op.prefer[0]], given, Precision.FP32) for op, given in before),
            Part(self.op, self.runtime, self.resolved, self.placement.precision),
        ]

    @property
    def reference(self) -> str:
        """Name of the backend whose output is right by definition."""
        return self.op.reference_of(self.resolved)

    @property
    def tolerance(self) -> Tolerance:
        """How far the output may be from the reference output."""
        return self.op.tolerance_of(self.backend, self.placement.precision, self.resolved)

    @property
    def wrong_size(self) -> str:
        """Why the backend's output is wrong at this size; ``""`` when it is right."""
        width, height = self.working_size
        return self.op.wrong_because(self.backend, height, width, self.resolved)

    @property
    def is_untrained(self) -> bool:
        """Whether it asks for a network with weights drawn from a seed."""
        return ("weights", "untrained") in self.params

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, dicts, strings and numbers (JSON)."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Trial:
        """Inverse of `to_dict`."""
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
        """What makes two measurements the same question in the same environment: 16 hex digits."""
        text = json.dumps([self.to_dict(), environment_id], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def with_(self, **changes: Any) -> Trial:
        """A copy with some attributes changed."""
        return replace(self, **changes)


def make_trial(
    operation: str,
    backend: str | None = None,
    *,
    params: Mapping[str, object] | None = None,
    steps: tuple[tuple[str, Mapping[str, object]], ...] = (),
    options: Mapping[str, object] | None = None,
    device: str = Device.CPU,
    threads: int = 1,
    precision: str = Precision.FP32,
    images: tuple[str, ...] = (),
    size: tuple[int, int] | None = None,
    megapixels: float | None = None,
    batch: int = 1,
    workers: int = 1,
    plugins: tuple[tuple[str, str], ...] = (),
) -> Trial:
    """A checked Trial; names are looked up and every value is held against its declaration.

    Parameters
    ----------
    backend : str, optional
        Default: what `Operation.choose_backend` picks for the size that reaches the operation, on `device`.
    steps : tuple of (operation, parameters)
        Pre-steps, each operation once.
    images : tuple of str
        Names or paths; default: the pool of samples.
    size : (width, height), optional
        px; otherwise `megapixels` (default 1) at 4:3.

    Raises
    ------
    UnknownName, InvalidValue, Unavailable

    >>> print(make_trial("oil_painting", "opencv", params={"size": 9}, megapixels=2, threads=2))
    oil_painting@opencv:size=9,threads=2,workers=1,input=1632x1224
    """
    op = OPERATIONS[operation]
    resolved = op.resolve(params or {})
    if size is not None and megapixels is not None:
        raise invalid("input", "a trial", "given alone, without megapixels", size)
    numbers = {"megapixels": 1.0 if megapixels is None else megapixels, "batch": batch, "workers": workers}
    numbers["threads"] = threads
    for key in KEYS:
        if key.name in numbers:
            numbers[key.name] = key.check(numbers[key.name], "a trial")  # type: ignore[assignment]
    width, height = size or size_for(float(numbers["megapixels"]))
    if not 1 <= width * height <= MAX_MEGAPIXELS * 1e6 or min(width, height) < 1:
        constraint = f"at least 1x1 and at most {MAX_MEGAPIXELS:g} MP"
        raise invalid("input", "a trial", constraint, f"{width}x{height}")
    for image in images:
        _check_image(image)
    checked = _checked_steps(steps)
    if backend is None:
        reaching_width, reaching_height = _after_steps(checked, width, height)
        backend = op.choose_backend(
            reaching_height, reaching_width, resolved, device=device, precision=precision
        )
    declared = BACKENDS[backend].options
    _check_distinct(op, backend)
    chosen = resolve(declared, options or {}, f"backend {backend}")
    return Trial(
        operation=operation,
        backend=backend,
        params=_unusual(op.params, resolved),
        steps=checked,
        placement=Placement(
            device=device,
            threads=int(numbers["threads"]),
            precision=precision,
            options=_unusual(declared, chosen),
        ),
        images=images or DEFAULT_POOL,
        width=width,
        height=height,
        batch=int(numbers["batch"]),
        workers=int(numbers["workers"]),
        plugins=plugins,
    )


def _check_distinct(op: Operation, backend: str) -> None:
    """The written form has one key for each thing."""
    known = {key.name for key in KEYS} | {param.name for param in op.params}
    for option in BACKENDS[backend].options:
        if option.name in known:
            constraint = f"unlike the keys of a trial and the parameters of {op.name}"
            raise invalid("options", f"backend {backend}", constraint, option.name)


def _check_image(name: str) -> None:
    if set(name) & set(",+") or name != name.strip():
        hint = "Rename the file, or a folder on the way to it."
        raise invalid(
            "images", "a trial", "names or paths without comma, plus sign or outer spaces", name, hint
        )
    if not photo_file(name).is_file():
        hint = "atelier list images shows the names."
        raise invalid("images", "a trial", "names of photos or picture files", name, hint)


def _checked_steps(steps: Iterable[tuple[str, Mapping[str, object]]]) -> tuple[Step, ...]:
    """Pre-steps with every parameter."""
    checked: dict[str, tuple[tuple[str, Value], ...]] = {}
    for name, given in steps:
        resolved = OPERATIONS[name].resolve(given)
        if name in checked or not resolved:
            # The written form names a step by its parameters, and each key once.
            raise invalid("steps", "a trial", "different operations that have a parameter", name)
        checked[name] = tuple(resolved.items())
    return tuple(checked.items())


def _after_steps(steps: Iterable[Step], width: int, height: int) -> tuple[int, int]:
    for name, params in steps:
        height, width, _ = OPERATIONS[name].shape(height, width, dict(params))
    return width, height


def _unusual(declared: tuple[Param, ...], values: Mapping[str, Value]) -> tuple[tuple[str, Value], ...]:
    return tuple((p.name, values[p.name]) for p in declared if values[p.name] != p.default)


def _pairs(items: Any) -> tuple[tuple[str, Value], ...]:
    return tuple((name, value) for name, value in items)


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and float(f"{value:g}") == value:
        return f"{value:g}"
    return str(value)
