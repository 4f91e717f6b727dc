"""The backend ONNX Runtime, on the CPU, and on CUDA if the installed build supports CUDA."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from toolkit.contracts.backend import Placement
from toolkit.contracts.loaded_network import Form
from toolkit.contracts.network_backend import Graph, NetworkBackend, translated
from toolkit.core.choices import Device, Precision
from toolkit.core.errors import AtelierError, InvalidValue, Unavailable
from toolkit.core.params import Param, Value
from toolkit.machine.versions import distribution_version
from toolkit.models.tensor_shape import only_input
from toolkit.models.transforms import Tensor

_CUDA = "CUDAExecutionProvider"
_WITH_CUDA = "onnxruntime-gpu"
_NO_CUDA = (
    "backend 'onnxruntime' has no CUDA here; pip uninstall onnxruntime, pip install onnxruntime-gpu "
    "(both packages install the module onnxruntime, so only one may be installed)."
)
_SPINNING = "session.intra_op.allow_spinning"
_RECORD = "session.record_ep_graph_assignment_info"
# Operators that may compute shapes of arrays: ONNX Runtime runs such operators on the CPU on purpose, which is no
# failure of CUDA. When these operators compute on pictures, they run on the GPU, because CUDA supports all these
# operators.
_OF_SIZES = frozenset(
    "Add And Cast Ceil Concat Constant ConstantOfShape Div Equal Expand Floor Gather Greater Identity Less Max Min Mod "
    "Mul Neg Not Or Range ReduceMax ReduceMin ReduceProd ReduceSum Reshape Shape Size Slice Split Squeeze Sub "
    "Unsqueeze Where".split()
)
_ERRORS_ONLY = 3
_SILENT = 4


class OnnxRuntime(NetworkBackend):
    """Runs ONNX graphs, fp32 or quantised (QDQ); each loaded graph has a thread pool of its own.

    By default, idle threads of ONNX Runtime spin, which slows the work that runs next on the same processors. In this
    backend, idle threads sleep unless option ``spinning`` is set.
    """

    name = "onnxruntime"
    formats = ("onnx",)
    devices = tuple(Device)
    precisions = (Precision.FP32, Precision.INT8)
    options = (Param(name="spinning", default=False, help="idle threads spin instead of sleeping"),)

    def version(self) -> str:
        # The build with CUDA is installed from another package (onnxruntime-gpu), which has its own version.
        return super().version() or distribution_version(_WITH_CUDA)

    def check(self, placement: Placement) -> None:
        super().check(placement)
        # The check for CUDA only looks at installed packages. ONNX Runtime built from source belongs to no package,
        # so this check passes, and `session` imports ONNX Runtime and finds out whether it supports CUDA.
        if placement.device == Device.CUDA and super().version() and not distribution_version(_WITH_CUDA):
            raise Unavailable(_NO_CUDA)

    @contextmanager
    def session(self, placement: Placement) -> Iterator[_Runtime]:
        self.check(placement)
        options = self.options_of(placement)
        # This environment variable stops all of ONNX Runtime's telemetry if it is set before the import (see
        # Privacy.md in its repository). Functions that stop telemetry come too late: the import itself writes an
        # identifier of the machine and may send an event.
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
        import onnxruntime

        if placement.device == Device.CUDA:
            _check_cuda(onnxruntime)
        onnxruntime.disable_telemetry_events()
        onnxruntime.set_default_logger_severity(_ERRORS_ONLY)
        with self.opened(_Runtime(onnxruntime, placement, spinning=bool(options["spinning"]))) as runtime:
            yield runtime


class _Runtime:
    """ONNX Runtime as a `toolkit.contracts.loaded_network.Runtime`, which opens ONNX files."""

    def __init__(self, onnxruntime: Any, placement: Placement, *, spinning: bool) -> None:
        self._onnxruntime = onnxruntime
        self._device = placement.device
        self._settings = settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = placement.threads
        settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        # Silence ONNX Runtime's log: no error is lost, because ONNX Runtime also raises every error as an exception.
        settings.log_severity_level = _SILENT
        settings.add_session_config_entry(_SPINNING, str(int(spinning)))
        self._providers: list[Any] = ["CPUExecutionProvider"]
        if self._device == Device.CUDA:
            settings.add_session_config_entry(_RECORD, "1")
            # By default ONNX Runtime computes fp32 on a GPU as TF32, whose mantissa has 10 bits instead of 23, so
            # results would be less precise than those of other backends.
            self._providers.insert(0, (_CUDA, {"use_tf32": "0"}))

    def load(self, form: Form) -> _Graph:
        """Open the ONNX graph of a network.

        Raises
        ------
        InvalidValue
            The file is not a readable ONNX file, or the graph has not exactly one input, float32 (N, C, H, W).
        Unavailable
            The session is for CUDA, but CUDA fails or ONNX Runtime runs the graph on the CPU.
        MemoryError
            The graph does not fit into memory.
        """
        name = form.source.name
        with translated(f"{name} is not a model that ONNX Runtime can load", _error_of):
            session = self._onnxruntime.InferenceSession(
                str(form.source), self._settings, providers=self._providers, enable_fallback=False
            )
        if self._device == Device.CUDA:
            _check_is_on_cuda(session, name)
        return _Graph(session, form)

    def observed(self) -> dict[str, Value]:
        """Settings that all loaded graphs have in common; `load` refuses a graph that does not run on ``device``."""
        return {
            "threads": self._settings.intra_op_num_threads,
            "device": self._device,
            "spinning": self._settings.get_session_config_entry(_SPINNING) == "1",
        }


def _error_of(what: str, error: Exception) -> AtelierError:
    """Translate any exception, because ONNX Runtime's errors have no base class of their own."""
    text = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", " ".join(str(error).split())).removesuffix(".")
    if "CUDA failure" in text or "CUDNN failure" in text:
        return Unavailable(f"{what} on CUDA: {text}.")
    return InvalidValue(f"{what}: {text}.")


class _Graph(Graph):
    runtime_name = "ONNX Runtime"
    error_of = staticmethod(_error_of)

    def __init__(self, session: Any, form: Form) -> None:
        inputs = session.get_inputs()
        shapes = [[n if isinstance(n, int) else None for n in each.shape] for each in inputs]
        super().__init__(form, only_input(form.source.name, shapes))
        if inputs[0].type != "tensor(float)":
            raise InvalidValue(f"model {self.name} must have a float32 input; got {inputs[0].type}.")
        self._session, self._input, self._output = session, inputs[0].name, session.get_outputs()[0].name

    def run(self, parts: Sequence[Tensor]) -> list[Tensor]:
        return [self._session.run([self._output], {self._input: part})[0] for part in parts]


def kinds_left_to_cpu(session: Any) -> list[str]:
    """Operators that a CUDA session runs on the CPU, without the operators that only compute shapes of arrays.

    The session must have been created with the setting ``session.record_ep_graph_assignment_info``. ONNX Runtime's own
    setting ``session.disable_cpu_ep_fallback`` would also refuse operators that compute shapes, and so every network
    that reads the shape of its input.
    """
    on_cpu = [part for part in session.get_provider_graph_assignment_info() if part.ep_name != _CUDA]
    return sorted({node.op_type for part in on_cpu for node in part.get_nodes()} - _OF_SIZES)


def _check_is_on_cuda(session: Any, name: str) -> None:
    if _CUDA not in session.get_providers():
        raise Unavailable(
            f"ONNX Runtime opened {name} on the CPU instead of CUDA; for CUDA it needs the CUDA and cuDNN libraries "
            "that onnxruntime-gpu was built with."
        )
    left = kinds_left_to_cpu(session)
    if left:
        raise Unavailable(
            f"ONNX Runtime runs a part of {name} on the CPU instead of CUDA: {', '.join(left)}."
        )


def _check_cuda(onnxruntime: Any) -> None:
    have = onnxruntime.get_available_providers()
    if _CUDA not in have:
        raise Unavailable(_NO_CUDA)
    if not hasattr(onnxruntime.InferenceSession, "get_provider_graph_assignment_info"):
        raise Unavailable(
            f"ONNX Runtime {onnxruntime.__version__} cannot report which operators it runs on the CPU instead of CUDA; "
            "pip install --upgrade 'onnxruntime-gpu>=1.24'."
        )


BACKEND = OnnxRuntime()
