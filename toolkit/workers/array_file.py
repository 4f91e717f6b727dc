"""Pass large arrays between two processes through an unnamed file in memory, which disappears with the processes."""

from __future__ import annotations

import mmap
import os
import sys
import tempfile

import numpy as np

from toolkit.images.image import Image

_PAGE = mmap.ALLOCATIONGRANULARITY
# Each array begins at a multiple of this many bytes, because filters are slower on an array that does not begin at a
# cache line.
_CACHE_LINE = 64


class ArrayFile:
    """A file in memory that two processes map; one process writes to the file while the other process waits.

    Parameters
    ----------
    descriptor : int, optional
        File descriptor of an existing file in memory; None creates a new file.
    """

    def __init__(self, descriptor: int | None = None) -> None:
        self.descriptor = _new_file() if descriptor is None else descriptor
        self._view: mmap.mmap | None = None

    def put(self, arrays: list[Image | bytes]) -> list[dict[str, object]]:
        """Write arrays to the file one after another; returns the positions, which `get` and `view` need."""
        flat = [
            np.frombuffer(a, np.uint8) if isinstance(a, bytes) else np.ascontiguousarray(a) for a in arrays
        ]
        view = self._mapped(sum(_aligned(one.nbytes) for one in flat))
        places: list[dict[str, object]] = []
        begin = 0
        for one in flat:
            if one.nbytes:
                np.frombuffer(view, np.uint8, one.nbytes, begin)[:] = one.reshape(-1)
            places.append({"begin": begin, "shape": list(one.shape)})
            begin += _aligned(one.nbytes)
        return places

    def get(self, begin: int, shape: list[int]) -> Image:
        """A copy of the array that the other process has written to the file."""
        return self.view(begin, shape).copy()

    def view(self, begin: int, shape: list[int]) -> Image:
        """A view of the array that the other process has written to the file; valid until that process writes again."""
        size = int(np.prod(shape))
        if size == 0:
            return np.empty(shape, np.uint8)
        found: Image = np.frombuffer(self._mapped(begin + size), np.uint8, size, begin).reshape(shape)
        # The array stays writable, because Numba compiles a kernel again for read-only arrays and torch warns of them.
        return found

    def close(self) -> None:
        """Close the file in memory; the memory is freed when the other process has closed the file too."""
        self._view = None
        os.close(self.descriptor)

    def _mapped(self, size: int) -> mmap.mmap:
        """Map the file into memory, after extending it to at least `size` bytes."""
        if self._view is None or len(self._view) < size:
            length = max(_PAGE, -(-size // _PAGE) * _PAGE)
            if os.fstat(self.descriptor).st_size < length:
                os.ftruncate(self.descriptor, length)
            # The old memory map is dropped and not closed, because an array may still refer to this map.
            self._view = mmap.mmap(self.descriptor, os.fstat(self.descriptor).st_size)
        return self._view


def _aligned(size: int) -> int:
    return -(-size // _CACHE_LINE) * _CACHE_LINE


def _new_file() -> int:
    if sys.platform == "linux":
        return os.memfd_create("atelier-arrays")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
