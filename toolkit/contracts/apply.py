"""Apply an operation to pictures, in this process."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from toolkit.contracts.kernel import BuiltKernel
from toolkit.contracts.memory_fit import fitted
from toolkit.contracts.operation import OPERATIONS, Operation
from toolkit.contracts.placed import Placed, place, placement_for, wrong_size
from toolkit.contracts.presets import follows_size
from toolkit.core.choices import Device, Precision
from toolkit.core.errors import AtelierError, TrialFailed
from toolkit.core.params import Value
from toolkit.images.image import Image, check, load

TOGETHER_PX = 1_000_000
"""Largest number of input pixels in one call of a network: more pixels would need more memory without being faster."""


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
        Name of an operation, from ``tk.OPERATIONS``.
    image : ndarray, uint8 (H, W, 3), BGR
        The picture; the array is not changed. An operation that ``keeps_alpha`` accepts (H, W, 4), BGRA, too and
        returns BGRA.
    backend : str, optional
        Name of a backend; by default the first backend in the operation's list ``prefer`` that is installed, has the
        device and the precision, and makes a right picture at this size.
    threads : int, optional
        Number of threads; by default the number of processors that this process may use.
    precision : {"fp32", "bf16", "fp16", "int8"}
        Arithmetic of a network.
    device : {"cpu", "cuda"}
        The kind of processor that runs the operation.
    **params
        The operation's own parameters; see ``tk.OPERATIONS[operation].params``. ``preset=NAME`` stands for the
        parameters of one of ``tk.OPERATIONS[operation].presets``; other parameters override the preset.

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
    op.resolve(params)  # called here so that a wrong parameter is reported before a wrong picture
    image = check(image, operation, channels=op.channels_in)
    resolved = op.resolve(params, size=image.shape[:2])
    placement = placement_for(threads, precision, device)
    are_asked = threads is not None
    placed = place(op, image, resolved, backend, placement, are_threads_asked=are_asked)
    with fitted(placed, *image.shape[:2]).opened() as kernel:
        return kernel(image)


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
    """Apply an operation to several pictures of any sizes; an error in one picture does not stop the other pictures.

    Pictures of equal size go through a network in one call, up to about a megapixel of input in each call.

    Parameters
    ----------
    images : sequence of ndarray or path
        The pictures, as arrays like those of `apply`, or as paths that are read with ``tk.load``.
    backend, threads, precision, device, **params
        Settings and parameters as in `apply`. One backend is chosen, for the largest picture. If the caller names a
        backend, the returned list has an error for each picture that is too large for that backend.

    Returns
    -------
    list
        The output of each picture in the order of `images`, or the error that `apply` would have raised for that
        picture.

    Raises
    ------
    UnknownName, InvalidValue, Unavailable, Unsupported, TrialFailed
        An error that concerns all pictures, such as an unknown name of an operation.

    Examples
    --------
    >>> import toolkit as tk
    >>> small, missing = tk.apply_many("fit_side", [tk.photo("coffee"), "no.jpg"], side=300)
    >>> small.shape, type(missing).__name__
    ((200, 300, 3), 'InvalidValue')
    """
    op = OPERATIONS[operation]
    resolved = op.resolve(params)
    done = [_checked(given, op) for given in images]
    if follows_size(op.presets, params):
        how = {"backend": backend, "threads": threads, "precision": precision, "device": device, **params}
        return [one if isinstance(one, AtelierError) else _alone(operation, one, how) for one in done]
    placement = placement_for(threads, precision, device)
    sizes = [one.shape[:2] for one in done if not isinstance(one, AtelierError)]
    if sizes and backend is None:
        height, width = max(sizes, key=math.prod)
        backend = op.choose_backend(height, width, resolved, placement)
    for number, one in enumerate(done):
        if not isinstance(one, AtelierError):
            done[number] = wrong_size(op, one, resolved, str(backend)) or one
    pictures = {number: one for number, one in enumerate(done) if not isinstance(one, AtelierError)}
    if pictures:
        largest = max(pictures.values(), key=lambda one: math.prod(one.shape[:2]))
        are_asked = threads is not None
        placed = place(op, largest, resolved, backend, placement, are_threads_asked=are_asked)
        refused = {number: _too_large(placed, one) for number, one in pictures.items()}
        fitting = {number: one for number, one in pictures.items() if refused[number] is None}
        for number, error in refused.items():
            done[number] = error or done[number]
        if fitting:
            placed = fitted(placed, *max((one.shape[:2] for one in fitting.values()), key=math.prod))
            with placed.opened() as kernel:
                for number, output in zip(fitting, _each(kernel, [*fitting.values()], placed), strict=True):
                    done[number] = output
    return done


def _too_large(placed: Placed, image: Image) -> AtelierError | None:
    """The error for a picture that needs more memory than is free, even in tiles; None for any other picture."""
    try:
        fitted(placed, *image.shape[:2])
    except TrialFailed as error:
        return error
    return None


def _checked(given: Image | str | os.PathLike[str], op: Operation) -> Image | AtelierError:
    """The picture, read from its file if `given` is a path; or the error that says why the picture cannot be used."""
    try:
        image = load(given) if isinstance(given, str | os.PathLike) else given
        return check(image, op.name, channels=op.channels_in)
    except AtelierError as error:
        return error


def _alone(operation: str, image: Image, how: Mapping[str, Any]) -> Image | AtelierError:
    try:
        return apply(operation, image, **how)
    except AtelierError as error:
        return error


def _each(kernel: BuiltKernel, pictures: list[Image], placed: Placed) -> list[Image | AtelierError]:
    """Run several pictures in one call; if the call fails, run each picture alone: each gets an output or an error."""
    found: list[Image | AtelierError] = []
    for together in _portions(pictures):
        try:
            found += kernel.batch(together)
        except Exception:
            for picture in together:
                try:
                    found.append(kernel(picture))
                except Exception as error:
                    found.append(placed.failure(error))
    return found


def _portions(pictures: Sequence[Image]) -> Iterator[list[Image]]:
    """Split pictures, in their order, into lists of at most `TOGETHER_PX` pixels; a larger picture has its own list."""
    portion: list[Image] = []
    for picture in pictures:
        if portion and sum(math.prod(one.shape[:2]) for one in [*portion, picture]) > TOGETHER_PX:
            yield portion
            portion = []
        portion.append(picture)
    yield portion


def apply_styles(
    image: Image,
    names: Sequence[str],
    *,
    backend: str | None = None,
    threads: int | None = None,
    precision: str = Precision.FP32,
    device: str = Device.CPU,
) -> dict[str, Image]:
    """Apply several styles to one picture, with default parameters; some backends compute common steps only once.

    All parameters but `names` have the same meaning as those of `apply`. Styles that the operation ``styles`` does
    not offer are applied one by one.

    Returns
    -------
    dict of name to ndarray, uint8 (H, W, 3), BGR
        The output picture of each style, in the order of `names`.

    Raises
    ------
    UnknownName, InvalidValue, Unavailable, Unsupported, TrialFailed
    """
    for name in names:
        OPERATIONS[name]
    image = check(image, "apply_styles")
    offered = str(OPERATIONS["styles"].resolve({})["styles"]).split("+")
    together = [name for name in dict.fromkeys(names) if name in offered]
    styled = partial(apply, image=image, backend=backend, threads=threads, precision=precision, device=device)
    done: dict[str, Image] = {}
    if len(together) > 1:
        sheet = styled("styles", styles="+".join(together))
        height = image.shape[0]
        done = {name: sheet[i * height : (i + 1) * height] for i, name in enumerate(together)}
    return {name: done[name] if name in done else styled(name) for name in names}
