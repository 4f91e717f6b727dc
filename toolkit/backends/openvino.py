"""OpenVINO on the CPU."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from toolkit.backends._openvino_graph import convolutions, float_nchw, normalise_in_place
from toolkit.contracts.backend import Placement
from toolkit.contracts.network_backend import Graph, NetworkBackend, translated
from toolkit.core.choices import Device, Precision
from toolkit.core.errors import AtelierError, InvalidValue, Unavailable, Unsupported
from toolkit.core.params import Param, Value
from toolkit.models.onnx_bytes import is_whole
from toolkit.models.tensor_shape import only_input, written

if TYPE_CHECKING:
    from toolkit.contracts.loaded_network import Form
    from toolkit.models.network import Infer
    from toolkit.models.transforms import Tensor

_OPENVINOS = {Precision.FP32: "f32", Precision.BF16: "bf16", Precision.FP16: "f16"}
_NO_KERNEL_SIGN = "object is not initialized"  # what oneDNN's empty answer becomes


class OpenVINO(NetworkBackend):
    """Networks as ONNX or TFLite graphs.

    Left alone OpenVINO takes bf16 wherever the processor has it, and pins its threads, those of every process to the
    same processors; here the precision is what a placement says and threads are pinned only when asked for. Its
    package would also report each import to Google Analytics and keep a client number in ``~/intel``: it is imported
    with its reporter ``openvino_telemetry`` hidden, upon which it takes its own stub, so nothing is sent, asked or
    written. (A process that imported it before us did report.)

    A graph is compiled for the first size it meets, and a second time, for any size, when it meets another one.
    """

    name = "openvino"
    module = "openvino"
    distribution = "openvino"
    install = "pip install openvino"
    formats = ("onnx", "tflite")
    precisions = tuple(Precision)
    options = (
        Param(name="pinning", default=False, rebuild=True, help="each thread stays on one processor"),
        Param(
            name="streams",
            default=1,
            low=1,
            high=64,
            rebuild=True,
            help="pictures of a batch that run side by side, sharing the threads",
        ),
        Param(
            name="int8_rest",
            default=Precision.FP32,
            choices=(Precision.FP32, Precision.BF16),
            rebuild=True,
            help="arithmetic of what an int8 graph has not quantised",
        ),
    )
    variants = ({}, {"int8_rest": Precision.BF16})

    def variants_in(self, precision: str) -> tuple[Mapping[str, Value], ...]:
        return self.variants if precision == Precision.INT8 else ({},)

    def check(self, placement: Placement) -> None:
        super().check(placement)
        if (
            self.options_of(placement)["int8_rest"] != Precision.FP32
            and placement.precision != Precision.INT8
        ):
            raise Unavailable(
                f"option 'int8_rest' of backend openvino needs precision int8; got {placement.precision!r}."
            )

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
            raise Unavailable(f"this processor has no {arithmetic}.")
        with self.opened(_Runtime(openvino, settings, is_int8=is_int8)) as runtime:
            yield runtime


def _silent_import() -> Any:
    """The package ``openvino``, without its reporter when this is the first import."""
    if "openvino" in sys.modules or "openvino_telemetry" in sys.modules:
        import openvino

        return openvino
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # to Python: cannot be imported
    try:
        import openvino
    finally:
        del sys.modules["openvino_telemetry"]
    return openvino


class _Runtime:
    """Opens graphs; what `toolkit.contracts.loaded_network.Runtime` asks for."""

    def __init__(self, openvino: Any, settings: Mapping[str, Any], *, is_int8: bool) -> None:
        self._openvino = openvino
        self._core = openvino.Core()
        self._settings = settings
        self._is_int8 = is_int8
        self._latest: Any = None  # compiled

    @property
    def streams(self) -> int:
        return int(self._settings["NUM_STREAMS"])

    def load(self, form: Form) -> Infer:
        """Open a graph.

        Raises
        ------
        InvalidValue
            The file is no graph, or it does not take one input (N, C, H, W).
        Unsupported
            It has an operator that OpenVINO lacks.
        MemoryError
            It does not fit.
        """
        name = form.source.name
        no_model = f"{name} is not a model that OpenVINO can run"
        if form.format == "onnx" and not is_whole(form.source):
            raise InvalidValue(f"{no_model}.")  # it would try TensorFlow's format, which complains on stderr
        with translated(no_model, _error_of):
            model = self._core.read_model(str(form.source))
        only_input(name, [_lengths(port) for port in model.inputs])
        model = float_nchw(self._openvino, model, channels_last=form.format == "tflite")
        normalise_in_place(self._openvino, model)
        return _Graph(self, model, form)

    def compile(self, model: Any, name: str) -> list[Any]:
        """One request for each stream.

        Raises
        ------
        Unavailable, Unsupported
            The arithmetic would be another one than asked for.
        """
        with translated(f"OpenVINO could not compile {name}", _error_of):
            compiled = self._core.compile_model(model, "CPU", self._settings)
            requests = [compiled.create_infer_request() for _ in range(self.streams)]
        asked = self._settings["INFERENCE_PRECISION_HINT"]
        taken = compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
        if taken != asked:
            raise Unavailable(f"OpenVINO runs {name} in {taken} here, not in {asked}.")
        if self._is_int8 and "int8" not in convolutions(compiled):
            raise Unsupported(f"OpenVINO runs nothing of {name} in int8.")
        self._latest = compiled
        return requests

    def observed(self) -> dict[str, Value]:
        """Settings of the graph that was compiled last, as it reports them; before, those that it will have."""
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
    """OpenVINO raises RuntimeError for everything, in several lines."""
    if not isinstance(error, RuntimeError):
        return None
    text = str(error)
    if _NO_KERNEL_SIGN in text:
        return Unsupported(f"{what}: it has no kernel for one of its layers in this arithmetic.")
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
        # Compiled for one shape, or for any (None).
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
                # A copy: the request overwrites its memory in the next call.
                outputs.append(np.array(request.get_output_tensor(0).data))
        return outputs

    def _compiled(self, shape: tuple[int, ...]) -> list[Any]:
        """Requests that take `shape`: the first size is compiled for itself, which is a little faster."""
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
