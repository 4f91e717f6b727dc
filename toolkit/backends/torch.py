"""The backend PyTorch, on the CPU and on GPUs: modules run as they are, compiled, or as replayed CUDA graphs."""

from __future__ import annotations

import copy
import importlib.util
import os
import shutil
import sysconfig
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from toolkit.backends import _torch_cuda
from toolkit.contracts.backend import Placement
from toolkit.contracts.loaded_network import Form
from toolkit.contracts.network_backend import NetworkBackend, translated
from toolkit.core.choices import Device, Precision
from toolkit.core.errors import AtelierError, Unavailable
from toolkit.core.folders import usable_cache_folder
from toolkit.core.params import Param, Value
from toolkit.models.transforms import Tensor

_DTYPES = {Precision.FP32: "float32", Precision.BF16: "bfloat16", Precision.FP16: "float16"}
_CACHE = "TORCHINDUCTOR_CACHE_DIR"
_MOST_SIZES = 1000  # number of input sizes for which a module may be compiled


class Torch(NetworkBackend):
    """Runs torch modules in eval mode; weights and inputs are converted to the chosen precision, without autocast.

    Option ``compile`` compiles a module once for each input size, and keeps compiled code on disk.
    ``torch.set_num_threads`` applies to the whole process. On CUDA the less precise number format TF32 is off, so
    that fp32 keeps its full precision.
    """

    name = "torch"
    formats = ("torch",)
    devices = tuple(Device)
    precisions = (Precision.FP32, Precision.BF16, Precision.FP16)
    options = (
        Param(
            name="compile", default=False, help="compile the module (torch.compile), once for each input size"
        ),
        Param(name="channels_last", default=False, help="memory layout with a pixel's channels side by side"),
        Param(name="cuda_graphs", default=False, help="record GPU kernels once and replay them; CUDA only"),
    )
    variants = ({}, {"channels_last": True}, {"compile": True})

    def environment(self, placement: Placement) -> Mapping[str, str]:
        return {_CACHE: str(usable_cache_folder("torch"))} if ("compile", True) in placement.options else {}

    def cold_environment(self, placement: Placement, empty: Path) -> Mapping[str, str]:
        return {_CACHE: str(empty)} if ("compile", True) in placement.options else {}

    def check(self, placement: Placement) -> None:
        super().check(placement)
        options = self.options_of(placement)
        if options["cuda_graphs"] and placement.device != Device.CUDA:
            raise Unavailable(f"'cuda_graphs' of torch needs device cuda; got {placement.device!r}.")
        missing = _missing_to_compile(placement.device) if options["compile"] else ""
        if missing:
            raise Unavailable(f"'compile' of torch needs {missing}.")

    @contextmanager
    def session(self, placement: Placement) -> Iterator[_Runtime]:
        self.check(placement)
        options = self.options_of(placement)
        import torch

        with ExitStack() as stack:
            if placement.device == Device.CUDA:
                stack.enter_context(_torch_cuda.session(torch, placement.precision))
            else:
                _check_processor(torch, placement.precision)
            if options["compile"]:
                stack.enter_context(_kept_on_disk(torch))
            before = torch.get_num_threads()
            torch.set_num_threads(placement.threads)
            stack.callback(torch.set_num_threads, before)
            yield stack.enter_context(self.opened(_Runtime(torch, placement, options)))


class _Runtime:
    """PyTorch as a `toolkit.contracts.loaded_network.Runtime`, which opens torch modules."""

    def __init__(self, torch: Any, placement: Placement, options: Mapping[str, Value]) -> None:
        self._torch, self._placement, self._options = torch, placement, options
        self._dtype = getattr(torch, _DTYPES[placement.precision])
        self._layout = torch.channels_last if options["channels_last"] else torch.contiguous_format
        self._compiled_before = _compiled(torch) if options["compile"] else (0, 0)
        self._latest: Any = None

    @property
    def loads_once_because(self) -> str:
        names = [name for name in ("compile", "cuda_graphs") if self._options[name]]
        return f"option {names[0]!r} saves time only for a model that stays loaded" if names else ""

    def load(self, form: Form) -> _Module:
        """Copy a network's module to the session's device, precision and memory layout; the module does not change.

        Raises
        ------
        MemoryError
            The module does not fit into memory.
        """
        network, device = form.network, self._placement.device
        with translated(f"PyTorch could not open {network.name}", _error_of):
            module = copy.deepcopy(form.source).to(device, self._dtype)
            self._latest = module = module.to(memory_format=self._layout)
        guard = partial(translated, f"PyTorch could not run {network.name}", _error_of)
        infer = _Module(self._torch, self._accelerated(module), module, self._layout, guard)
        if device == Device.CUDA:
            between = _torch_cuda.between_levels(self._torch, module, self._layout, network)
            if between is not None:
                infer.pictures = _torch_cuda.Pictures(self._torch, self._accelerated(between), guard)
        return infer

    def _accelerated(self, run: Any) -> Any:
        if self._options["compile"]:
            # torch.compile writes the number of threads into its code. The cache of compiled code distinguishes
            # numbers of threads only if the number is set here; otherwise a later run with another number of threads
            # would get the code of this run.
            settings = {"cpp.threads": self._placement.threads}
            run = self._torch.compile(run, dynamic=False, options=settings)
        return _torch_cuda.Replayed(self._torch, run) if self._options["cuda_graphs"] else run

    def observed(self) -> dict[str, Value]:
        """Number of threads, device, instruction set of the processor, and whether a graph had to be compiled."""
        torch = self._torch
        device = self._placement.device
        if self._latest is not None:
            device = next(self._latest.parameters()).device.type
        said: dict[str, Value] = {
            "threads": torch.get_num_threads(),
            "interop_threads": torch.get_num_interop_threads(),
            "device": device,
        }
        if device == Device.CUDA:
            said |= _torch_cuda.observed(torch)
        else:
            said["cpu_capability"] = torch.backends.cpu.get_cpu_capability()
        if self._options["compile"]:
            sizes, misses = (
                after - before for after, before in zip(_compiled(torch), self._compiled_before, strict=True)
            )
            said |= {"compiled_sizes": sizes, "cache": "cold" if misses else "warm"}
        return said


class _Module:
    """A loaded module, from float32 (N, C, H, W) to float32 (N, C', H', W'); a call returns a complete output.

    `pictures`, if set, maps pictures of one size to their outputs; all steps but the copies run on the GPU.
    """

    pictures: _torch_cuda.Pictures | None = None

    def __init__(self, torch: Any, run: Any, module: Any, layout: Any, guard: _torch_cuda.Guard) -> None:
        self._torch, self._run, self._layout, self._guard = torch, run, layout, guard
        self._first = next(module.parameters())

    def __call__(self, tensor: Tensor) -> Tensor:
        torch = self._torch
        given = torch.from_numpy(np.require(tensor, np.float32, ["C", "W"]))
        # Inference mode applies to the calling thread only, so each call turns it on for its own thread.
        with torch.inference_mode(), self._guard():
            moved = given.to(self._first.device, self._first.dtype, memory_format=self._layout)
            return self._run(moved).to("cpu", torch.float32).contiguous().numpy()


def _missing_to_compile(device: str) -> str:
    """What ``torch.compile`` lacks on this machine, with the command that installs it; ``""`` if nothing is missing."""
    compiler = os.environ.get("CXX") or "g++"
    if shutil.which(compiler) is None:
        return f"a C++ compiler, and {compiler!r} was not found; apt-get install g++"
    if not (Path(sysconfig.get_path("include")) / "Python.h").is_file():
        return "Python's header files; apt-get install python3-dev"
    if device == Device.CUDA and importlib.util.find_spec("triton") is None:
        return "Triton; pip install triton"
    return ""


def _check_processor(torch: Any, precision: str) -> None:
    """Refuse a precision that the processor only emulates: emulated fp16 took nine times as long as fp32 (EDSR)."""
    kernels = torch.ops.mkldnn
    known = {
        Precision.BF16: kernels._is_mkldnn_bf16_supported,
        Precision.FP16: kernels._is_mkldnn_fp16_supported,
    }
    if precision in known and not known[precision]():
        raise Unavailable(
            f"this processor has no {precision} arithmetic, which torch would emulate far slower than fp32; "
            "take another precision, or device cuda."
        )


@contextmanager
def _kept_on_disk(torch: Any) -> Iterator[None]:
    """Keep compiled code in the toolkit's own cache folder, and compile for any number of input sizes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the compiler's own modules use deprecated parts of torch
        import torch._inductor.compile_fx
        import torch.utils.mkldnn

    before = os.environ.get(_CACHE)
    # TORCHINDUCTOR_CACHE_DIR is set in worker processes: it names the folder where compiled code is kept.
    os.environ.setdefault(_CACHE, str(usable_cache_folder("torch")))
    try:
        # By default torch compiles a module for 8 input sizes; for further sizes it would silently run uncompiled code,
        # and the measured times would not be those of compiled code.
        with torch._dynamo.config.patch(recompile_limit=_MOST_SIZES, accumulated_recompile_limit=_MOST_SIZES):
            yield
    finally:
        if before is None:
            os.environ.pop(_CACHE, None)


def _compiled(torch: Any) -> tuple[int, int]:
    """Number of graphs that this process has compiled so far, and how many of these graphs were not found on disk."""
    from torch._dynamo.utils import counters

    return counters["stats"]["unique_graphs"], counters["inductor"]["fxgraph_cache_miss"]


def _error_of(what: str, error: Exception) -> AtelierError | None:
    """Translate only errors of torch's compiler; of an error text of several pages, keep the line with the error."""
    if not type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
        return None
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or ["no reason given"]
    said = next((line for line in lines if "error: " in line), lines[0])
    return Unavailable(f"{what} with torch.compile: {said.rstrip('.')}.")


BACKEND = Torch()
