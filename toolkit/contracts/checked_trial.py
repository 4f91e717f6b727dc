"""Make a Trial from the names and numbers that a user gives: every name is looked up, every value is checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from toolkit.contracts.backend import Placement, backend_named
from toolkit.contracts.operation import OPERATIONS, Operation
from toolkit.contracts.trial import Step, Trial, size_after
from toolkit.contracts.trial_keys import KEYS, USUAL_EXECUTOR
from toolkit.core.choices import Device, Precision
from toolkit.core.errors import invalid, unknown
from toolkit.core.params import Pairs, Param, Value, resolve
from toolkit.images.photos import DEFAULT_POOL, MAX_MEGAPIXELS, photo_file, size_for
from toolkit.models import network_files


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
    executor: str = USUAL_EXECUTOR,
    plugins: tuple[tuple[str, str], ...] = (),
) -> Trial:
    """Make a Trial; names are looked up, and each value is checked against the declaration of its parameter.

    Parameters
    ----------
    backend : str, optional
        Name of the backend; by default the backend that `Operation.choose_backend` picks for `device`, `precision`
        and the picture size after the pre-steps (earlier operations).
    steps : tuple of (operation, parameters)
        Pre-steps: operations, such as shrinking, that run before the main operation; each at most once.
    images : tuple of str
        Names or paths of photos; default: the sample photos of `DEFAULT_POOL`.
    size : (width, height), optional
        Size of the input in px; if None, the input has `megapixels` (default 1) and sides in the ratio 4:3.

    Raises
    ------
    UnknownName, InvalidValue, Unavailable

    >>> print(make_trial("oil_painting", "opencv", params={"size": 9}, megapixels=2, threads=2))
    oil_painting@opencv:size=9,threads=2,workers=1,input=1632x1224
    """
    op = OPERATIONS[operation]
    width, height = _checked_size(size, megapixels)
    checked = _checked_steps(steps)
    reaching = size_after(checked, width, height)
    resolved = _resolved(op, params or {}, size=reaching)
    place = Placement(device=device, threads=_checked_key("threads", threads), precision=precision)
    backend = _checked_backend(op, backend or op.choose_backend(*reaching[::-1], resolved, place))
    return Trial(
        operation=operation,
        backend=backend,
        params=_unusual(op.params, resolved),
        steps=checked,
        placement=replace(place, options=_checked_options(op, backend, options or {})),
        images=_checked_images(images),
        width=width,
        height=height,
        batch=_checked_key("batch", batch),
        workers=_checked_key("workers", workers),
        executor=str(KEYS["executor"].check(executor, "a trial")),
        plugins=plugins,
    )


def _resolved(op: Operation, given: Mapping[str, object], *, size: tuple[int, int]) -> dict[str, Value]:
    """The checked value of every parameter of an operation; if the network is a file of the user, it must exist."""
    resolved = op.resolve(given, size=size)
    if op.network is not None:
        network_files.require_own(op.network(resolved))
    return resolved


def _checked_backend(op: Operation, backend: str) -> str:
    if ":" in backend and backend not in op.kernels:
        raise unknown(f"kernel of {op.name}", backend, op.kernels)
    return backend


def _checked_key(name: str, value: object) -> int:
    return int(KEYS[name].check(value, "a trial"))


def _checked_size(size: tuple[int, int] | None, megapixels: float | None) -> tuple[int, int]:
    """Width and height of the input, px, from `size` or `megapixels`; at least one of the two must be None."""
    if size is None:
        given = KEYS["megapixels"].default if megapixels is None else megapixels
        return size_for(float(KEYS["megapixels"].check(given, "a trial")))
    if megapixels is not None:
        raise invalid("input", "a trial", "given without megapixels, because both set the input size", size)
    width, height = size
    if not 1 <= width * height <= MAX_MEGAPIXELS * 1e6 or min(width, height) < 1:
        constraint = f"at least 1x1 and at most {MAX_MEGAPIXELS:g} MP"
        raise invalid("input", "a trial", constraint, f"{width}x{height}")
    return width, height


def _checked_options(op: Operation, backend: str, given: Mapping[str, object]) -> Pairs:
    """Backend options that differ from their defaults; no option may have the name of another setting of the trial."""
    declared = backend_named(backend).options
    taken = {*KEYS, *(param.name for param in op.params)}
    for option in declared:
        if option.name in taken:
            constraint = f"names that are neither settings of a trial nor parameters of {op.name}"
            raise invalid("options", f"backend {backend}", constraint, option.name)
    return _unusual(declared, resolve(declared, given, f"backend {backend}"))


def _checked_images(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if set(name) & set(",+") or name != name.strip():
            constraint = "names or paths without comma, plus sign or outer spaces"
            hint = "Rename the file, or a folder in its path."
            raise invalid("images", "a trial", constraint, name, hint)
        if not photo_file(name).is_file():
            hint = "atelier list images shows the names."
            raise invalid("images", "a trial", "names of photos or picture files", name, hint)
    return names or DEFAULT_POOL


def _checked_steps(steps: Iterable[tuple[str, Mapping[str, object]]]) -> tuple[Step, ...]:
    """Checked pre-steps (operations before the main operation), each with the values of all its parameters."""
    checked: dict[str, Pairs] = {}
    for name, given in steps:
        resolved = OPERATIONS[name].resolve(given)
        if name in checked or not resolved:
            # The text form of a trial shows a pre-step only by its parameters (fit_side.side=300), and shows each
            # name only once. So a pre-step without parameters, or the same pre-step twice, cannot be written and is
            # refused.
            raise invalid("steps", "a trial", "different operations that have a parameter", name)
        checked[name] = tuple(resolved.items())
    return tuple(checked.items())


def _unusual(declared: tuple[Param, ...], values: Mapping[str, Value]) -> Pairs:
    return tuple((p.name, values[p.name]) for p in declared if values[p.name] != p.default)
