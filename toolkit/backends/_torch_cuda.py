"""Parts of the PyTorch backend for GPUs: exact arithmetic, pictures copied as bytes, recorded kernels (CUDA graphs)."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np

from toolkit.core.choices import Precision
from toolkit.core.errors import Unavailable
from toolkit.core.params import Value
from toolkit.images.image import Image
from toolkit.models.network import Network
from toolkit.models.transforms import Levels

Guard = Callable[[], AbstractContextManager[None]]
"""Context manager around each call that turns PyTorch's errors into errors of `toolkit.core.errors`."""

# Largest number of CUDA graphs: each holds GPU memory for one input size, so a new graph replaces the oldest.
_MOST_GRAPHS = 8
_WARM_UPS = 3  # number of calls before a CUDA graph is recorded


@contextmanager
def session(torch: Any, precision: str) -> Iterator[None]:
    """Turn TF32 off, let cuDNN find its fastest algorithm for each size, and free the GPU's memory at the end.

    Raises
    ------
    Unavailable
        There is no GPU, or the GPU does not support the precision.
    """
    if not torch.cuda.is_available():
        why = "this PyTorch was built without CUDA" if torch.version.cuda is None else "no GPU was found"
        raise Unavailable(f"device 'cuda' of backend torch is not available: {why}.")
    if precision == Precision.BF16 and not torch.cuda.is_bf16_supported(including_emulation=False):
        raise Unavailable(f"{torch.cuda.get_device_name()} has no bf16 arithmetic; use fp16.")
    cudnn = torch.backends.cudnn

    def set_to(allow_tf32: bool, benchmark: bool) -> None:
        with warnings.catch_warnings():
            # Newer versions of PyTorch deprecate these settings' names, but older versions have no other names.
            warnings.simplefilter("ignore")
            cudnn.allow_tf32, cudnn.benchmark = allow_tf32, benchmark

    before = cudnn.allow_tf32, cudnn.benchmark
    set_to(False, True)
    torch.cuda.reset_peak_memory_stats()
    try:
        yield
    finally:
        torch.cuda.empty_cache()
        set_to(*before)


def observed(torch: Any) -> Mapping[str, Value]:
    """The GPU's name, peak memory (bytes) and arithmetic settings."""
    return {
        "gpu": torch.cuda.get_device_name(),
        "gpu_peak_bytes": torch.cuda.max_memory_reserved(),
        "tf32": torch.backends.cudnn.allow_tf32,
        "cudnn_benchmark": torch.backends.cudnn.benchmark,
    }


class Pictures:
    """Maps pictures of one size to pictures in one call; uint8 values are copied to and from the GPU, not floats.

    `run` is the computation between the copy to the GPU and the copy back: uint8 (N, H, W, 3) to uint8 (N, H', W', 3),
    both on the GPU.
    """

    def __init__(self, torch: Any, run: Callable[[Any], Any], guard: Guard) -> None:
        self._torch, self.run, self._guard = torch, run, guard

    def __call__(self, images: Sequence[Image]) -> list[Image]:
        torch = self._torch
        with torch.inference_mode(), self._guard():
            # Pinned memory stays in place, so the GPU reads and writes it directly and the copies are faster.
            given = torch.empty((len(images), *images[0].shape), dtype=torch.uint8, pin_memory=True)
            np.stack(images, out=given.numpy())
            made = self.run(given.to("cuda", non_blocking=True))
            back = torch.empty(made.shape, dtype=torch.uint8, pin_memory=True)
            back.copy_(made, non_blocking=True)
            torch.cuda.synchronize()
            return list(back.numpy())


def between_levels(torch: Any, module: Any, layout: Any, network: Network) -> Callable[[Any], Any] | None:
    """A function from pictures to pictures, uint8 (N, H, W, 3), on the GPU, with the results of `LoadedNetwork`.

    The result is None for a network whose input needs more than a shift and a scaling of pixel values: a network for
    luma alone, or for pictures of one fixed size.
    """
    levels = network.transform
    if not isinstance(levels, Levels) or network.size is not None:
        return None
    first = next(module.parameters())
    factor, mean = levels.factor, torch.tensor(levels.mean, device=first.device)[:, None, None]
    factor_out = levels.of_output[0]
    mean_out = torch.tensor(levels.of_output[1], device=first.device)[:, None, None]

    def run(pictures: Any) -> Any:
        height, width = pictures.shape[1:3]
        tensor = pictures.permute(0, 3, 1, 2)
        tensor = ((tensor.flip(1) if levels.is_rgb else tensor).float() - mean) * factor
        missing = (0, -width % network.multiple, 0, -height % network.multiple)
        tensor = torch.nn.functional.pad(tensor, missing, mode="replicate") if any(missing) else tensor
        output = module(tensor.to(first.dtype, memory_format=layout)).float()
        output = output[:, :, : height * network.scale, : width * network.scale] / factor_out + mean_out
        output = (output.flip(1) if levels.is_rgb else output).round().clamp(0, 255)
        return output.to(torch.uint8).permute(0, 2, 3, 1).contiguous()

    return run


class Replayed:
    """Records the GPU kernels of a call once for each input size, and replays the recording in later calls."""

    def __init__(self, torch: Any, run: Callable[[Any], Any]) -> None:
        self._torch, self._run = torch, run
        self._recorded: dict[Any, tuple[Any, Any, Any]] = {}

    def __call__(self, given: Any) -> Any:
        if given.shape not in self._recorded:
            while len(self._recorded) >= _MOST_GRAPHS:
                del self._recorded[next(iter(self._recorded))]
            self._recorded[given.shape] = self._record(given)
        graph, source, output = self._recorded[given.shape]
        source.copy_(given)
        graph.replay()
        return output

    def _record(self, given: Any) -> tuple[Any, Any, Any]:
        cuda = self._torch.cuda
        source, stream = given.clone(), cuda.Stream()
        stream.wait_stream(cuda.current_stream())
        with cuda.stream(stream):
            # During the first calls PyTorch chooses algorithms and compiles kernels. The CUDA graph is recorded after
            # these calls, so that the graph contains no such work.
            for _ in range(_WARM_UPS):
                self._run(source)
        cuda.current_stream().wait_stream(stream)
        graph = cuda.CUDAGraph()
        with cuda.graph(graph):
            output = self._run(source)
        return graph, source, output
