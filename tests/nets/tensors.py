"""Tensors that stand for published ones."""

from __future__ import annotations

import numpy as np


def tensors_of(shapes: dict[str, list[int]]) -> dict[str, np.ndarray]:
    """Tensors of these shapes; all their numbers differ."""
    start, found = 0, {}
    for name, shape in shapes.items():
        count = int(np.prod(shape))
        found[name] = np.arange(start, start + count, dtype=np.float32).reshape(shape)
        start += count
    return found
