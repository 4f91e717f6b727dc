"""Tune an operation's parameters by eye: set values, look at the picture, undo and redo, copy the settings as code."""

from __future__ import annotations

import os

from toolkit.apps.widgets.live_tuner import Tuner
from toolkit.core.choices import Precision
from toolkit.images.image import Image, check
from toolkit.images.photos import photo


def tuner(
    operation: str,
    image: Image | str | os.PathLike[str],
    *,
    backend: str | None = None,
    threads: int | None = None,
    precision: str = Precision.FP32,
) -> Tuner:
    """Tune an operation's parameters by eye, in a notebook, or from Python.

    Parameters
    ----------
    operation : str
        A name from ``tk.OPERATIONS``.
    image : ndarray, uint8 (H, W, 3), BGR; or a name or path that ``tk.photo`` accepts
        The photo on which the operation runs.
    backend : str, optional
        Backend of the operation; default: as in `toolkit.apply`.
    threads : int, optional
        Number of threads; default: the number of processors that this process may use.
    precision : {"fp32", "bf16", "fp16", "int8"}
        Precision in which the backend computes.

    Returns
    -------
    Tuner
        An object that displays itself as the last line of a notebook cell.

    Raises
    ------
    UnknownName, InvalidValue, Unavailable, Unsupported
        The operation, the backend or the photo does not exist, or cannot be used.
    """
    name = os.fspath(image) if isinstance(image, str | os.PathLike) else "image.png"
    picture = photo(image) if isinstance(image, str | os.PathLike) else image
    return Tuner(
        operation,
        check(picture, "tuner"),
        photo_name=name,
        backend=backend,
        threads=threads,
        precision=precision,
    )
