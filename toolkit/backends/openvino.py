"""The backend OpenVINO, which runs models on the CPU."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from toolkit.backends._openvino_graph import convolutions, float_nchw, normalise_in_place
from toolkit.contracts.backend import Placement
from toolkit.contracts.loaded_network import Form
from toolkit.contracts.network_backend import Graph, NetworkBackend, translated
from toolkit.core.choices import Device, Precision
from toolkit.core.errors import AtelierError, InvalidValue, Unavailable, Unsupported
from toolkit.core.params import Param, Value
from toolkit.models.onnx_bytes import is_whole
from toolkit.models.tensor_shape import only_input, written
from toolkit.models.transforms import Tensor

_OPENVINOS = {Precision.FP32: "f32", Precision.BF16: "bf16", Precision.FP16: "f16"}
_NO_KERNEL_SIGN = "object is not initialized"  # text of the error if oneDNN has no kernel for a layer


class OpenVINO(NetworkBackend):
    """The backend OpenVINO, which runs ONNX and TFLite graphs.

    By default OpenVINO computes in bf16 wherever the processor supports it. OpenVINO also pins its threads to
    processors, in every process to the same processors. In this backend the user chooses the precision, and threads are
    pinned only if option ``pinning`` is set.

    The package openvino would also report each import to Google Analytics and keep a client number in ``~/intel``.
    This backend hides the reporter ``openvino_telemetry`` during the import; the package then uses a stub that sends
    and writes nothing. (If other code of the process has imported OpenVINO earlier, a report was sent.)

    A graph is compiled for the size of its first input; when an input of another size follows, the graph is compiled
    once more, for inputs of any size.
    """

    name = "openvino"
    formats = ("onnx", "tflite")
    precisions = tuple(Precision)
    options = (
        Param(name="pinning", default=False, help="bind each thread to one processor"),
        Param(
            name="streams",
            default=1,
            low=1,
            high=64,
            help="number of pictures of a batch that run in parallel",
        ),
        Param(
            name="int8_rest",
            default=Precision.FP32,
            choices=(Precision.FP32, Precision.BF16),
            help="arithmetic of those layers of an int8 graph that are not quantised",
        ),
    )
    variants = ({}, {"int8_rest": Precision.BF16})

    def variants_in(self, precision: str) -> tuple[Mapping[str, Value], ...]:
        return self.variants if precision == Precision.INT8 else ({},)

    def check(self, placement: Placement) -> None:
        super().check(placement)
        rest = self.options_of(placement)["int8_rest"]
        if rest != Precision.FP32 and placement.precision != Precision.INT8:
            raise Unavailable(f"'int8_rest' of openvino needs precision int8; got {placement.precision!r}.")

    @contextmanager
    def session(self, placement: Placement) -> Iterator[_Runtime]:
        self.check(placement)
        options, is_int8 = self.options_of(placement), placement.precision == Precision.INT8
        arithmetic = str(options["int8_rest"]) if is_int8 else placement.precision
        settings = {
            "INFERENCE_PRECISION_HINT": _OPENVINOS[arithmetic],
            "INFERENCE_NUM_THREADS": placement.threads,
            "NUM_STREAMS": int(options["streams"]),
            "ENABLE_CPU_PINNING": bool(options["pinning"]),
        }
        openvino = _silent_import()
        if arithmetic.upper() not in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
            raise Unavailable(f"this processor has no {arithmetic} arithmetic.")
        with self.opened(_Runtime(openvino, settings, is_int8=is_int8)) as runtime:
            yield runtime


def _silent_import() -> Any:
    """Import the package ``openvino``; ``openvino_telemetry`` is blocked, so that OpenVINO sends no usage data."""
    if "openvino" in sys.modules or "openvino_telemetry" in sys.modules:
        import openvino

        return openvino
    # with None, the import of openvino_telemetry fails, so that no usage data are sent
    sys.modules["openvino_telemetry"] = None
    try:
        import openvino
    finally:
        del sys.modules["openvino_telemetry"]
    return openvino


class _Runtime:
    """OpenVINO as a `toolkit.contracts.loaded_network.Runtime`, which opens graphs."""

    def __init__(self, openvino: Any, settings: Mapping[str, Any], *, is_int8: bool) -> None:
        self._openvino = openvino
        self._core = openvino.Core()
        self._settings = settings
        self.streams = int(settings["NUM_STREAMS"])
        self._is_int8 = is_int8
        self._latest: Any = None  # the graph that was compiled last

    def load(self, form: Form) -> _Graph:
        """Open the ONNX or TFLite graph of a network.

        Raises
        ------
        InvalidValue
            The file is not a graph, or the graph has not exactly one input (N, C, H, W).
        Unsupported
            The graph has an operator that OpenVINO lacks.
        MemoryError
            The graph does not fit into memory.
        """
        name = form.source.name
        no_model = f"{name} is not a model that OpenVINO can run"
        if form.format == "onnx" and not is_whole(form.source):
            # OpenVINO would try to read a truncated file as TensorFlow's format, and print errors to stderr.
            raise InvalidValue(f"{no_model}.")
        with translated(no_model, _error_of):
            model = self._core.read_model(str(form.source))
        only_input(name, [_lengths(port) for port in model.inputs])
        model = float_nchw(self._openvino, model, channels_last=form.format == "tflite")
        normalise_in_place(self._openvino, model)
        return _Graph(self, model, form)

    def compile(self, model: Any, name: str) -> list[Any]:
        """Compile a model and return one inference request for each stream.

        Raises
        ------
        Unavailable, Unsupported
            OpenVINO would compute in another arithmetic than the requested one.
        """
        with translated(f"OpenVINO could not compile {name}", _error_of):
            compiled = self._core.compile_model(model, "CPU", self._settings)
            requests = [compiled.create_infer_request() for _ in range(self.streams)]
        asked = self._settings["INFERENCE_PRECISION_HINT"]
        taken = compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
        if taken != asked:
            raise Unavailable(f"OpenVINO runs {name} in {taken} here, not in {asked}.")
        if self._is_int8 and "int8" not in convolutions(compiled):
            raise Unsupported(f"OpenVINO runs no convolution of {name} in int8.")
        self._latest = compiled
        return requests

    def observed(self) -> dict[str, Value]:
        """Settings that the last compiled graph reports; before the first compilation, the settings of the session."""
        compiled = self._latest
        read = self._settings if compiled is None else {n: compiled.get_property(n) for n in self._settings}
        seen: dict[str, Value] = {
            "threads": int(read["INFERENCE_NUM_THREADS"]),
            "device": Device.CPU,
            "streams": int(read["NUM_STREAMS"]),
            "pinning": bool(read["ENABLE_CPU_PINNING"]),
        }
        if compiled is not None:
            seen["device"] = ",".join(compiled.get_property("EXECUTION_DEVICES")).lower()
            seen["convolutions"] = convolutions(compiled)
        return seen


def _lengths(port: Any) -> list[int | None]:
    shape = port.partial_shape
    if shape.rank.is_dynamic:
        return []
    return [length.get_length() if length.is_static else None for length in shape]


def _error_of(what: str, error: Exception) -> AtelierError | None:
    """Translate a RuntimeError: OpenVINO raises a RuntimeError with several lines of text for every failure."""
    if not isinstance(error, RuntimeError):
        return None
    text = str(error)
    if _NO_KERNEL_SIGN in text:
        return Unsupported(f"{what}: OpenVINO has no kernel in this arithmetic for a layer of the model.")
    said = [line.strip(" -.") for line in text.splitlines() if line.strip()][-1]
    sentence = f"{what}." if said.startswith("Unable to read") else f"{what}: {said}."
    is_unsupported = "OpConversionFailure" in text or "NotImplementedFailure" in text
    return Unsupported(sentence) if is_unsupported else InvalidValue(sentence)


class _Graph(Graph):
    runtime_name = "OpenVINO"
    error_of = staticmethod(_error_of)

    def __init__(self, runtime: _Runtime, model: Any, form: Form) -> None:
        super().__init__(form, _lengths(model.inputs[0]))
        self._runtime, self._model = runtime, model
        # Maps an input shape to the inference requests of the model compiled for this shape. The key None stands for
        # the model that is compiled for any shape.
        self._requests: dict[tuple[int, ...] | None, list[Any]] = {}

    @property
    def takes_one_by_one(self) -> bool:
        return super().takes_one_by_one or self._runtime.streams > 1

    def run(self, parts: Sequence[Tensor]) -> list[Tensor]:
        requests = self._compiled(parts[0].shape)
        outputs = []
        for start in range(0, len(parts), len(requests)):
            running = list(zip(requests, parts[start : start + len(requests)], strict=False))
            for request, part in running:
                request.start_async({0: part}, share_inputs=True)
            for request, _ in running:
                request.wait()
                # Copy the output, because the next call of this request overwrites the memory that holds it.
                outputs.append(np.array(request.get_output_tensor(0).data))
        return outputs

    def _compiled(self, shape: tuple[int, ...]) -> list[Any]:
        """Inference requests for inputs of `shape`; for the first shape, a faster model of fixed size is compiled.

        For all later shapes together, one model that takes inputs of any size is compiled.
        """
        if shape in self._requests:
            return self._requests[shape]
        key = None if self._requests or None not in self.declared else shape
        if key not in self._requests:
            model = self._model
            if key is not None:
                model = model.clone()
                with translated(f"{self.name} takes no input {written(shape)}", _error_of):
                    model.reshape(list(shape))
            self._requests[key] = self._runtime.compile(model, self.name)
        return self._requests[key]


BACKEND = OpenVINO()
