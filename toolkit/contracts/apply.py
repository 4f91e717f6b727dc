"""Apply an operation to a picture, here and now."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from toolkit.contracts.backend import BACKENDS, Backend, Placement
from toolkit.contracts.kernel import BuiltKernel
from toolkit.contracts.operation import OPERATIONS, Operation, Params
from toolkit.contracts.trial import Step
from toolkit.core.choices import Device, Precision
from toolkit.core.errors import AtelierError, InvalidValue, TrialFailed
from toolkit.core.params import Value
from toolkit.images.image import Image, check, load
from toolkit.machine.hardware import allowed_cpus

TOGETHER_PX = 1_000_000
"""Pictures go through a network together up to so many input pixels: more is no faster, and memory grows with it."""


@contextmanager
def opened_steps(steps: Sequence[Step], placement: Placement) -> Iterator[Callable[[Image], Image]]:
    """Open the pre-steps' backends and yield the function that runs them in order.

    A pre-step runs on the first backend that its operation prefers, with the threads of `placement`.
    """
    with ExitStack() as stack:
        kernels = []
        for name, params in steps:
            op = OPERATIONS[name]
            backend = BACKENDS[op.prefer[0]]
            runtime = stack.enter_context(backend.session(Placement(threads=placement.threads)))
            kernels.append(op.build(backend, runtime, dict(params)))

        def run(image: Image) -> Image:
            for kernel in kernels:
                image = kernel(image)
            return image

        yield run


def apply(
    operation: str,
    image: Image,
    *,
    backend: str | None = None,
    threads: int | None = None,
    precision: str = Precision.FP32,
    device: str = Device.CPU,
    **params: Value,
) -> Image:
    """Apply an operation to a picture.

    Parameters
    ----------
    operation : str
        A name from ``tk.OPERATIONS``.
    image : ndarray, uint8 (H, W, 3), BGR
        Never written to.
    backend : str, optional
        Default: the first installed entry of the operation's ``prefer`` that has the device and the precision and is
        right at this size.
    threads : int, optional
        Default: the processors this process may use.
    precision : {"fp32", "bf16", "fp16", "int8"}
    device : {"cpu", "cuda"}
    **params
        The operation's own parameters; see ``tk.OPERATIONS[operation].params``.

    Returns
    -------
    ndarray, uint8 (H, W, C)
        BGR for C = 3, grey for C = 1, BGRA for C = 4.

    Raises
    ------
    UnknownName, InvalidValue, Unavailable, Unsupported, TrialFailed

    Examples
    --------
    >>> import toolkit as tk
    >>> tk.apply("fit_side", tk.photo("coffee"), side=300).shape
    (200, 300, 3)
    """
    op = OPERATIONS[operation]
    resolved = op.resolve(params)
    image = check(image, operation)
    chosen, placement = place(op, image, resolved, backend, threads, precision, device)
    with chosen.session(placement) as runtime:
        try:
            return op.build(chosen, runtime, resolved, placement.precision)(image)
        except Exception as error:
            raise failure(error, op, resolved, chosen) from error


def apply_many(
    operation: str,
    images: Sequence[Image | str | os.PathLike[str]],
    *,
    backend: str | None = None,
    threads: int | None = None,
    precision: str = Precision.FP32,
    device: str = Device.CPU,
    **params: Value,
) -> list[Image | AtelierError]:
    """Apply an operation to several pictures of any sizes; one that cannot be done leaves the others alone.

    Pictures of one size go through a network together, up to about a megapixel of input at a time.

    Parameters
    ----------
    images : sequence of ndarray or path
        As in `apply`; a path is read with ``tk.load``.
    backend, threads, precision, device, **params
        As in `apply`; the backend is chosen for the largest picture, and one that is too large for a named backend is
        refused alone.

    Returns
    -------
    list
        In the order of `images`: the output, or the error that `apply` would have raised for that picture.

    Raises
    ------
    UnknownName, InvalidValue, Unavailable, Unsupported, TrialFailed
        What concerns all of them.

    Examples
    --------
    >>> import toolkit as tk
    >>> small, missing = tk.apply_many("fit_side", [tk.photo("coffee"), "no.jpg"], side=300)
    >>> small.shape, type(missing).__name__
    ((200, 300, 3), 'InvalidValue')
    """
    op = OPERATIONS[operation]
    resolved = op.resolve(params)
    done: dict[int, Image | AtelierError] = {}
    pictures: dict[int, Image] = {}
    for number, given in enumerate(images):
        try:
            pictures[number] = check(
                load(given) if isinstance(given, str | os.PathLike) else given, operation
            )
        except AtelierError as error:
            done[number] = error
    if pictures and backend is None:
        height, width = max(pictures.values(), key=_pixels).shape[:2]
        backend = op.choose_backend(height, width, resolved, device=device, precision=precision)
    for number, picture in list(pictures.items()):
        refused = _wrong_size(op, picture, resolved, str(backend))
        if refused is not None:
            done[number] = refused
            del pictures[number]
    if pictures:
        some = next(iter(pictures.values()))
        chosen, placement = place(op, some, resolved, backend, threads, precision, device)
        with chosen.session(placement) as runtime:
            try:
                kernel = op.build(chosen, runtime, resolved, placement.precision)
            except Exception as error:
                raise failure(error, op, resolved, chosen) from error
            done.update(
                zip(pictures, _each(kernel, list(pictures.values()), op, resolved, chosen), strict=True)
            )
    return [done[number] for number in range(len(images))]


def _each(
    kernel: BuiltKernel, pictures: list[Image], op: Operation, params: Params, backend: Backend
) -> list[Image | AtelierError]:
    """Some together, or one by one where that fails: then it is known which of them cannot be done."""
    found: list[Image | AtelierError] = []
    for together in _portions(pictures):
        try:
            found += kernel.batch(together)
        except Exception:
            for picture in together:
                try:
                    found.append(kernel(picture))
                except Exception as error:
                    found.append(failure(error, op, params, backend))
    return found


def _portions(pictures: Sequence[Image]) -> Iterator[list[Image]]:
    """Pictures in their order, as many at a time as have `TOGETHER_PX` pixels; a larger one alone."""
    portion: list[Image] = []
    for picture in pictures:
        if portion and sum(_pixels(one) for one in [*portion, picture]) > TOGETHER_PX:
            yield portion
            portion = []
        portion.append(picture)
    if portion:
        yield portion


def _pixels(picture: Image) -> int:
    height, width = picture.shape[:2]
    return int(height * width)


def failure(error: Exception, op: Operation, params: Params, backend: Backend) -> AtelierError:
    """What `apply` raises for an error of a kernel: one sentence, also where it is no error of ours."""
    if isinstance(error, AtelierError):
        return error
    said = " ".join(str(error).split()).rstrip(".")
    if isinstance(error, MemoryError):
        why = f" ({said})" if said else ""
        return TrialFailed(
            f"{op.name} ran out of memory on backend {backend.name!r}{why}. {op.lighter_way(params)}"
        )
    return TrialFailed(f"{op.name} failed on backend {backend.name!r}: {type(error).__name__}: {said}.")


def place(
    op: Operation,
    image: Image,
    params: Mapping[str, Value],
    backend: str | None,
    threads: int | None,
    precision: str,
    device: str,
) -> tuple[Backend, Placement]:
    """The backend and placement of an `apply` call; refuses a backend that is wrong at this size."""
    height, width = image.shape[:2]
    name = backend or op.choose_backend(height, width, params, device=device, precision=precision)
    refused = _wrong_size(op, image, params, name)
    if refused is not None:
        raise refused
    placement = Placement(
        device=device, threads=allowed_cpus() if threads is None else threads, precision=precision
    )
    BACKENDS[name].check(placement)
    return BACKENDS[name], placement


def _wrong_size(
    op: Operation, image: Image, params: Mapping[str, Value], backend: str
) -> InvalidValue | None:
    """The refusal of a picture of whose size `backend` makes a wrong one."""
    height, width = image.shape[:2]
    reason = op.wrong_because(backend, height, width, params)
    hint = "Take another backend, or shrink the picture first with fit_pixels."
    return InvalidValue(f"{reason} {hint}") if reason else None


def apply_styles(
    image: Image,
    names: Sequence[str],
    *,
    backend: str | None = None,
    threads: int | None = None,
    precision: str = Precision.FP32,
    device: str = Device.CPU,
) -> dict[str, Image]:
    """Several styles of one picture, each at its defaults; what they share is computed once where a backend can.

    Parameters are those of `apply`; names that the operation ``styles`` does not know are applied one by one.

    Returns
    -------
    dict of name to ndarray, uint8 (H, W, 3), BGR
        In the order of `names`.

    Raises
    ------
    UnknownName, InvalidValue, Unavailable, Unsupported, TrialFailed
    """
    for name in names:
        OPERATIONS[name]
    image = check(image, "apply_styles")
    offered = str(OPERATIONS["styles"].resolve({})["styles"]).split("+")
    together = [name for name in dict.fromkeys(names) if name in offered]
    done: dict[str, Image] = {}
    if len(together) > 1:
        sheet = apply(
            "styles",
            image,
            backend=backend,
            threads=threads,
            precision=precision,
            device=device,
            styles="+".join(together),
        )
        height = image.shape[0]
        done = {name: sheet[i * height : (i + 1) * height] for i, name in enumerate(together)}
    return {
        name: done[name]
        if name in done
        else apply(name, image, backend=backend, threads=threads, precision=precision, device=device)
        for name in names
    }
