"""ONNX Runtime on the CPU, and on CUDA where its build has that."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from toolkit.contracts.backend import Backend, Placement
from toolkit.core.errors import InvalidValue, Unavailable
from toolkit.core.params import Param, Value, resolve
from toolkit.machine.versions import distribution_version
from toolkit.models.tensor_shape import check_shape, written

if TYPE_CHECKING:
    from toolkit.contracts.loaded_network import Form
    from toolkit.models.network import Infer
    from toolkit.models.transforms import Tensor

_CUDA = "CUDAExecutionProvider"
_WITH_CUDA = "onnxruntime-gpu"
_NO_CUDA = (
    "backend 'onnxruntime' has no CUDA here; pip uninstall onnxruntime, pip install onnxruntime-gpu "
    "(they share one module)."
)
_RECORD = "session.record_ep_graph_assignment_info"
# With these it computes sizes, on the CPU on purpose. CUDA has all of them for pictures, so there none is left over.
_OF_SIZES = frozenset(
    "Add And Cast Ceil Concat Constant ConstantOfShape Div Equal Expand Floor Gather Greater Identity Less Max Min Mod "
    "Mul Neg Not Or Range ReduceMax ReduceMin ReduceProd ReduceSum Reshape Shape Size Slice Split Squeeze Sub "
    "Unsqueeze Where".split()
)
_ERRORS_ONLY = 3
_SILENT = 4
_NEEDED = "one float32 input (N, C, H, W)"
_MEMORY_SIGNS = ("bad_alloc", "bad allocation", "Failed to allocate memory", "out of memory")


class OnnxRuntime(Backend):
    """Networks as ONNX graphs, fp32 or quantised (QDQ); a session's threads are those of each graph it loads.

    An idle pool spins by ONNX Runtime's own default, which slows whatever runs next on the same processors, so here
    it sleeps unless ``spinning`` is asked for.
    """

    name = "onnxruntime"
    module = "onnxruntime"
    distribution = "onnxruntime"
    install = "pip install onnxruntime"
    formats = ("onnx",)
    devices = ("cpu", "cuda")
    precisions = ("fp32", "int8")
    options = (
        Param(name="spinning", default=False, rebuild=True, help="idle threads spin instead of sleeping"),
    )

    def __init__(self) -> None:
        self._open: _Runtime | None = None

    def version(self) -> str:
        # The build with CUDA is a distribution of its own with the same module in it.
        return super().version() or distribution_version(_WITH_CUDA)

    def check(self, placement: Placement) -> None:
        super().check(placement)
        # Told without importing it; a build of one's own is asked when it is opened.
        if placement.device == "cuda" and super().version() and not distribution_version(_WITH_CUDA):
            raise Unavailable(_NO_CUDA)

    @contextmanager
    def session(self, placement: Placement) -> Iterator[_Runtime]:
        self.check(placement)
        options = resolve(self.options, dict(placement.options), "backend onnxruntime")
        # Its calls that switch telemetry off come too late: by then it has written an identifier of the machine and
        # may have sent an event. Before it is imported, this stops all of it (its Privacy.md).
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
        import onnxruntime

        if placement.device == "cuda":
            _check_cuda(onnxruntime)
        onnxruntime.disable_telemetry_events()
        onnxruntime.set_default_logger_severity(_ERRORS_ONLY)
        outer, self._open = self._open, _Runtime(onnxruntime, placement, bool(options["spinning"]))
        try:
            yield self._open
        finally:
            self._open = outer

    def observed(self) -> Mapping[str, Value]:
        return {} if self._open is None else self._open.observed()


class _Runtime:
    """Opens ONNX files; what `toolkit.contracts.loaded_network.Runtime` asks for."""

    def __init__(self, onnxruntime: Any, placement: Placement, spinning: bool) -> None:
        self._onnxruntime = onnxruntime
        self._placement = placement
        self._spinning = spinning
        self._latest: Any = None

    def load(self, form: Form) -> Infer:
        """Open a graph.

        Raises
        ------
        InvalidValue
            Not a readable ONNX file, or its input is not one float32 (N, C, H, W).
        Unavailable
            CUDA was asked for and fails, or the graph runs on the CPU all the same.
        MemoryError
            It does not fit.
        """
        name = form.source.name
        with _own_sentence(f"{name} is not a model that ONNX Runtime can load"):
            session = self._onnxruntime.InferenceSession(
                str(form.source), self._settings(), providers=self._providers(), enable_fallback=False
            )
        if self._placement.device == "cuda":
            _check_is_on_cuda(session, name)
        self._latest = session
        return _Graph.of(session, name)

    def observed(self) -> dict[str, Value]:
        """Settings of the graph that was loaded last; before one is, those that it will have."""
        device = self._placement.device
        if self._latest is not None:
            device = "cuda" if _CUDA in self._latest.get_providers() else "cpu"
        settings = self._settings() if self._latest is None else self._latest.get_session_options()
        return {
            "threads": settings.intra_op_num_threads,
            "device": device,
            "spinning": settings.get_session_config_entry("session.intra_op.allow_spinning") == "1",
        }

    def _settings(self) -> Any:
        settings = self._onnxruntime.SessionOptions()
        settings.intra_op_num_threads = self._placement.threads
        settings.graph_optimization_level = self._onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        settings.log_severity_level = _SILENT  # what fails is raised
        settings.add_session_config_entry("session.intra_op.allow_spinning", str(int(self._spinning)))
        if self._placement.device == "cuda":
            settings.add_session_config_entry(_RECORD, "1")
        return settings

    def _providers(self) -> list[Any]:
        if self._placement.device == "cpu":
            return ["CPUExecutionProvider"]
        # Without this fp32 would be TF32, with 10 bits of mantissa.
        return [(_CUDA, {"use_tf32": "0"}), "CPUExecutionProvider"]


@dataclass(frozen=True)
class _Graph:
    """An opened graph: float32 (N, C, H, W) to float32 (N, C', H', W')."""

    session: Any
    name: str
    input: str
    output: str
    shape: tuple[int | None, ...]  # None where any length will do

    @classmethod
    def of(cls, session: Any, name: str) -> _Graph:
        inputs = session.get_inputs()
        if len(inputs) != 1 or inputs[0].type != "tensor(float)" or len(inputs[0].shape) != 4:
            got = ", ".join(f"{i.name} {i.type} {written(i.shape)}" for i in inputs) or "none"
            raise InvalidValue(f"model {name} must have {_NEEDED}; got {got}.")
        shape = tuple(length if isinstance(length, int) else None for length in inputs[0].shape)
        return cls(session, name, inputs[0].name, session.get_outputs()[0].name, shape)

    def __call__(self, tensor: Tensor) -> Tensor:
        if self.shape[0] == 1 and len(tensor) > 1:  # a graph with its batch written in
            return np.concatenate([self(tensor[i : i + 1]) for i in range(len(tensor))])
        check_shape(self.name, self.shape, tensor.shape)
        with _own_sentence(f"ONNX Runtime could not run {self.name} on an input {written(tensor.shape)}"):
            (output,) = self.session.run([self.output], {self.input: tensor})
        if not isinstance(output, np.ndarray) or output.dtype != np.float32 or output.ndim != 4:
            got = (
                f"{output.dtype} {written(output.shape)}" if isinstance(output, np.ndarray) else type(output)
            )
            raise InvalidValue(f"model {self.name} must have a float32 output (N, C, H, W); got {got}.")
        return output


@contextmanager
def _own_sentence(what: str) -> Iterator[None]:
    """ONNX Runtime's errors share no class of their own, nor its shortage of memory the builtin one."""
    try:
        yield
    except Exception as error:
        text = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", " ".join(str(error).split()))
        if isinstance(error, MemoryError) or any(sign in text for sign in _MEMORY_SIGNS):
            raise MemoryError(f"{what}: out of memory") from error
        if "CUDA failure" in text or "CUDNN failure" in text:
            raise Unavailable(f"{what} on CUDA: {text.removesuffix('.')}.") from error
        raise InvalidValue(f"{what}: {text.removesuffix('.')}.") from error


def kinds_left_to_cpu(session: Any) -> list[str]:
    """Kinds of nodes of pictures that a session runs on the CPU; it must have been told to record that.

    Those that only compute sizes are left out. `session.disable_cpu_ep_fallback` would refuse them too, and with them
    every network that asks for the shape of its input.
    """
    on_cpu = [part for part in session.get_provider_graph_assignment_info() if part.ep_name != _CUDA]
    return sorted({node.op_type for part in on_cpu for node in part.get_nodes()} - _OF_SIZES)


def _check_is_on_cuda(session: Any, name: str) -> None:
    if _CUDA not in session.get_providers():
        raise Unavailable(
            f"ONNX Runtime opened {name} on the CPU although CUDA was asked for; it needs the CUDA and cuDNN "
            "libraries that onnxruntime-gpu was built with."
        )
    left = kinds_left_to_cpu(session)
    if left:
        raise Unavailable(
            f"ONNX Runtime runs a part of {name} on the CPU although CUDA was asked for: {', '.join(left)}."
        )


def _check_cuda(onnxruntime: Any) -> None:
    have = onnxruntime.get_available_providers()
    if _CUDA not in have:
        raise Unavailable(_NO_CUDA)
    if not hasattr(onnxruntime.InferenceSession, "get_provider_graph_assignment_info"):
        raise Unavailable(
            f"ONNX Runtime {onnxruntime.__version__} does not tell what it leaves to the CPU where CUDA is asked for; "
            "pip install --upgrade 'onnxruntime-gpu>=1.24'."
        )


BACKEND = OnnxRuntime()
