"""Peak speed of the processor in matrix products, and the number of operations of a network."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from toolkit.contracts.operation import OPERATIONS
from toolkit.core.params import Value
from toolkit.models import network_files

# Rows, inner length and columns. A processor is fastest where its caches hold all three matrices; the last product is
# that of EDSR's layer from 256 to 256 channels on 120 x 40 pixels.
_SHAPES = (
    (512, 192, 2048),
    (2048, 192, 1536),
    (1024, 256, 1024),
    (1024, 512, 512),
    (1024, 1024, 256),
    (1024, 2304, 128),
    (4800, 2304, 256),
)
_ROUNDS, _LEAST_CALLS, _SECONDS = 3, 3, 0.12
_COUNTED_PX = 32


@dataclass(frozen=True)
class Roof:
    """The highest rate of a matrix product, operations per second, and which product that was."""

    flops: float
    product: str


def best_products(threads: int) -> dict[str, Roof]:
    """The fastest products in bf16 and in int8; a multiply-add counts as two operations. Takes about 10 s."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.inference_mode():
            products = [
                (
                    arithmetic,
                    f"{way}, {rows} x {inner} by {inner} x {columns}",
                    2 * rows * inner * columns,
                    run,
                )
                for rows, inner, columns in _SHAPES
                for arithmetic, way, run in _ways(torch, rows, inner, columns)
            ]
            best = {"bf16": Roof(0.0, ""), "int8": Roof(0.0, "")}
            for _ in range(_ROUNDS):
                for arithmetic, product, operations, run in products:
                    rate = operations / _shortest_s(run)
                    best[arithmetic] = max(best[arithmetic], Roof(rate, product), key=lambda roof: roof.flops)
            return best
    finally:
        torch.set_num_threads(before)


def _ways(torch: Any, rows: int, inner: int, columns: int) -> Iterator[tuple[str, str, Callable[[], object]]]:
    """Arithmetic, name and call of each way to multiply matrices of random numbers."""
    a, b = (torch.randn(shape).to(torch.bfloat16) for shape in ((rows, inner), (inner, columns)))
    yield "bf16", "torch.matmul", lambda: torch.matmul(a, b)
    if torch.ops.mkldnn._is_mkldnn_bf16_supported():
        # Runtimes rearrange a layer's weights once, before anything is timed; so does this product.
        packed = torch.ops.mkldnn._reorder_linear_weight(b.t().contiguous(), rows)
        layer = torch.ops.mkldnn._linear_pointwise
        yield "bf16", "oneDNN's linear layer", lambda: layer(a, packed, None, "none", [], "")
    c, d = (torch.randint(-128, 128, shape, dtype=torch.int8) for shape in ((rows, inner), (inner, columns)))
    yield "int8", "torch._int_mm", lambda: torch._int_mm(c, d)


def _shortest_s(run: Callable[[], object]) -> float:
    shortest, calls, started = float("inf"), 0, time.perf_counter()
    while calls < _LEAST_CALLS or time.perf_counter() - started < _SECONDS:
        start = time.perf_counter()
        run()
        shortest, calls = min(shortest, time.perf_counter() - start), calls + 1
    return shortest


def network_flops(operation: str, params: Mapping[str, Value], size: tuple[int, int]) -> float:
    """Number of operations of a convolutional network for one picture of ``(width, height)`` px, counted by layer."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    op = OPERATIONS[operation]
    network = op.network_of(op.resolve(params))
    assert network is not None
    module = network_files.module(network)  # before counting: drawing untrained weights also runs the module
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        module(torch.zeros(1, 3, _COUNTED_PX, _COUNTED_PX))
    return float(counter.get_total_flops()) * size[0] * size[1] / _COUNTED_PX**2
