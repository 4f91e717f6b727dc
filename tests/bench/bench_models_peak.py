"""What the processor can do at best, and what a network asks of it."""

from __future__ import annotations

import time
from collections.abc import Mapping

from toolkit.core.operation import OPERATIONS
from toolkit.core.params import Value

_SIDES, _REPEATS = (1024, 2048, 3072, 4096), 5
_COUNTED_PX = 32


def best_product_flops(threads: int) -> float:
    """Operations a second of the best bf16 matrix product, a multiplication and an addition counted apart."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    best = 0.0
    for side in _SIDES:
        a, b = (torch.randn(side, side).to(torch.bfloat16) for _ in range(2))
        for _ in range(_REPEATS):
            start = time.perf_counter()
            torch.matmul(a, b)
            best = max(best, 2 * side**3 / (time.perf_counter() - start))
    torch.set_num_threads(before)
    return best


def network_flops(operation: str, params: Mapping[str, Value], size: tuple[int, int]) -> float:
    """Operations of a convolutional network for one picture of ``(width, height)`` px, counted layer by layer."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    op = OPERATIONS[operation]
    network = op.network_of(op.resolve(params))
    assert network is not None
    module = network.module()  # drawing untrained weights runs it too, which must not be counted
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        module(torch.zeros(1, 3, _COUNTED_PX, _COUNTED_PX))
    return float(counter.get_total_flops()) * size[0] * size[1] / _COUNTED_PX**2
