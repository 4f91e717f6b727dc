"""Check the arrays that a kernel is given, before the kernel allocates anything."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import psutil

from toolkit.core.errors import invalid
from toolkit.images.image import Image, check
from toolkit.machine.cgroups import memory_limit
from toolkit.machine.kernel_files import ROOT

LARGEST_SIDE_PX = 65_535  # kernels store positions inside a line as uint16


def receive(image: Image, owner: str, *, working_bytes_per_px: float) -> Image:
    """The picture as a read-only C-contiguous view; an error if the operation needs more memory than is free.

    The view is always read-only, because Numba compiles a kernel separately for read-only and for writable arrays.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
        The picture to check, BGR.
    owner : str
        The name of the operation, for error messages.
    working_bytes_per_px : float
        Bytes that the operation allocates for each pixel, the output included.

    Raises
    ------
    InvalidValue
        `image` is not a picture, has a side of more than 65535 px, or needs more memory than is free.
    """
    # The size is checked first, because `check` copies a picture that is not contiguous.
    if isinstance(image, np.ndarray) and image.ndim == 3:
        _check_size(image, owner, working_bytes_per_px)
    picture = check(image, owner).view()
    picture.flags.writeable = False
    return picture


def _check_size(image: Image, owner: str, working_bytes_per_px: float) -> None:
    height, width = image.shape[:2]
    if max(height, width) > LARGEST_SIDE_PX:
        constraint = f"at most {LARGEST_SIDE_PX} px high and wide"
        raise invalid("image", owner, constraint, f"{width} x {height} px", "Cut the picture into parts.")
    copied = 0 if image.flags.c_contiguous else image.shape[2]
    needed, available = height * width * (working_bytes_per_px + copied), available_bytes()
    if needed > available:
        raise invalid(
            "image",
            owner,
            "small enough for the memory that is free",
            f"{width} x {height} px, which needs {needed / 2**20:.0f} MiB of {available / 2**20:.0f} MiB",
            "Shrink the picture, or cut it into parts.",
        )


def available_bytes(root: Path = ROOT) -> int:
    """Bytes that this process can still allocate: free memory, or the rest of its cgroup's limit if that is less."""
    free = psutil.virtual_memory().available
    limit = memory_limit(root).value
    if limit is None:
        return int(free)
    return int(min(free, max(0, limit - psutil.Process().memory_info().rss)))


def target_for(out: Image | None, image: Image, owner: str) -> Image:
    """The array that a kernel fills: `out` if the kernel can write directly to `out`, else a new array.

    Raises
    ------
    InvalidValue
        `out` is not a writable uint8 array of shape (H, W, 3).
    """
    if out is None:
        return np.empty(image.shape, np.uint8)
    if out.dtype != np.uint8 or out.shape != image.shape or not out.flags.writeable:
        constraint = f"a writable uint8 array of shape {image.shape}"
        raise invalid("out", owner, constraint, f"{out.dtype} {out.shape}")
    is_direct = out.flags.c_contiguous and not np.may_share_memory(out, image)
    return out if is_direct else np.empty(image.shape, np.uint8)


def deliver(target: Image, out: Image | None) -> Image:
    """The result in the array that the caller gave: copied to `out`, unless the kernel has written to `out` itself.

    >>> deliver(np.zeros((1, 1, 3), np.uint8), None).shape
    (1, 1, 3)
    """
    if out is None or out is target:
        return target
    out[...] = target
    return out
