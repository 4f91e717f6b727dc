"""The backend of OpenCV's module for neural networks (DNN), on the CPU and on devices that the build supports."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from toolkit.backends import _opencv_shuffle
from toolkit.contracts.backend import Placement
from toolkit.contracts.loaded_network import Form
from toolkit.contracts.network_backend import Graph, NetworkBackend, translated
from toolkit.core.choices import Device, Precision
from toolkit.core.errors import AtelierError, InvalidValue, Unavailable, Unsupported
from toolkit.core.params import Param, Value
from toolkit.images.image import Image
from toolkit.models.tensor_shape import only_input
from toolkit.models.transforms import Tensor

_READERS = {"onnx": "readNetFromONNX", "tflite": "readNetFromTFLite"}
# OpenCV's messages about a truncated file, or a file of another kind, contain one of these texts.
_BROKEN = (
    "Failed to parse",
    "has_graph",
    "model is incorrect",
    "sz > 0",
    "netBinSize",
    "Can't read",
    "is_open",
)


class OpenCVDNN(NetworkBackend):
    """Runs ONNX and TFLite graphs, and TensorFlow's .pb files through ``cv2.dnn_superres``.

    OpenCV 5 has several engines: "classic" is the engine of OpenCV 4 and the only one for other devices than the CPU;
    "new" is the only engine that imports graphs which read their input's height and width; "ort" is ONNX Runtime
    inside OpenCV; "auto" tries the new engine first. If a build lacks an engine, a backend or a target, OpenCV
    silently takes another engine, backend or target and only prints a line on stderr; this backend raises an error
    instead.

    After this backend has loaded a file of dnn_superres and then an ONNX graph, only this backend can open further
    files of dnn_superres: a direct use of ``cv2.dnn_superres`` fails (see `toolkit.backends._opencv_shuffle`).

    ``cv2.setNumThreads`` applies to the whole process. A net must not be called from several threads at once.
    """

    name = "opencv_dnn"
    module = "cv2"
    distribution = "opencv-contrib-python"
    formats = ("pb", "onnx", "tflite")
    devices = tuple(Device)
    precisions = (Precision.FP32, Precision.FP16)
    options = (
        Param(
            name="engine",
            default="auto",
            choices=("auto", "classic", "new", "ort"),
            help="part of OpenCV that imports and runs the graph",
        ),
        Param(
            name="dnn_backend",
            default="opencv",
            choices=("opencv", "inference_engine"),
            help="library that the classic engine uses; always CUDA on device cuda",
        ),
        Param(
            name="target",
            default="cpu",
            choices=("cpu", "opencl"),
            help="device on which dnn_backend computes; always the GPU on device cuda",
        ),
    )

    @contextmanager
    def session(self, placement: Placement) -> Iterator[_Runtime]:
        self.check(placement)
        import cv2

        runtime = _Runtime(cv2, placement, self.options_of(placement))
        log = cv2.utils.logging
        threads, level = cv2.getNumThreads(), log.getLogLevel()
        cv2.setNumThreads(placement.threads)
        # Silence OpenCV's log: no error is lost, because OpenCV also raises every error as an exception.
        log.setLogLevel(log.LOG_LEVEL_SILENT)
        try:
            with self.opened(runtime):
                yield runtime
        finally:
            log.setLogLevel(level)
            cv2.setNumThreads(threads)


class _Runtime:
    """OpenCV's DNN module as a `toolkit.contracts.loaded_network.Runtime` that also opens files of dnn_superres."""

    def __init__(self, cv2: Any, placement: Placement, options: dict[str, Any]) -> None:
        self._cv2 = cv2
        self._engine = options["engine"]
        on_cuda = placement.device == Device.CUDA
        self._backend = "cuda" if on_cuda else options["dnn_backend"]
        self._target = "cuda" if on_cuda else options["target"]
        self._ids = _backend_and_target(cv2.dnn, self._backend, self._target, placement.precision)
        if (self._backend, self._target) != ("opencv", "cpu") and self._engine == "auto":
            self._engine = "classic"  # all engines but the classic engine compute on the CPU only
        self._engine_id = _engine_id(cv2, self._engine, self._backend, self._target)
        self._taken = self._engine

    def load(self, form: Form) -> _Graph:
        """Open the ONNX or TFLite graph of a network.

        Raises
        ------
        InvalidValue
            The file is not an ONNX or TFLite graph, or the graph has not exactly one input (N, C, H, W).
        Unsupported
            The engine cannot import the graph.
        MemoryError
            The graph does not fit into memory.
        """
        name = form.source.name
        # dnn_superres may have replaced the pixel shuffle layer that ONNX graphs need in OpenCV 5. OpenCV 4 does not
        # use that layer for ONNX graphs; OpenCV 4 takes no engine number, so `_engine_id` is empty.
        if self._engine_id:
            _opencv_shuffle.restore(self._cv2)
        cannot = f"OpenCV's DNN module (engine {self._engine}) cannot import {name}"
        with translated(cannot, _import_error):
            net = getattr(self._cv2.dnn, _READERS[form.format])(str(form.source), *self._engine_id)
        if net.empty():  # the new engine raises no error after a failed import, but returns an empty net
            raise Unsupported(f"{cannot}.")
        if self._engine == "auto":
            self._taken = "new" if _is_new(net) else "classic"
        if self._engine == "classic":
            net.setPreferableBackend(self._ids[0])
            net.setPreferableTarget(self._ids[1])
        return _Graph(net, form)

    def superres(self, form: Form) -> Callable[[Image], Image]:
        """Open a file of ``cv2.dnn_superres``, which maps a picture to a picture.

        Raises
        ------
        Unavailable
            This OpenCV has no dnn_superres.
        InvalidValue
            The file is not a TensorFlow graph.
        Unsupported
            The session asks for another engine than the classic engine.
        """
        if not hasattr(self._cv2, "dnn_superres"):
            raise Unavailable("this OpenCV has no dnn_superres; pip install opencv-contrib-python.")
        if self._engine not in ("auto", "classic"):
            raise Unsupported(f"dnn_superres has the classic engine only; got engine {self._engine!r}.")
        name, network = form.source.name, form.network
        net = self._cv2.dnn_superres.DnnSuperResImpl_create()
        with translated(f"dnn_superres cannot import {name}", _import_error):
            with _opencv_shuffle.readable(self._cv2, form.source) as file:
                net.readModel(str(file))
            net.setModel(network.architecture or network.name.partition("_")[0], network.scale)
            net.setPreferableBackend(self._ids[0])
            net.setPreferableTarget(self._ids[1])
            # A net creates its layers in its first call: a first call is made here, while the right pixel shuffle layer
            # is registered.
            net.upsample(np.zeros((8, 8, 3), np.uint8))
        self._taken = "classic"

        def kernel(image: Image) -> Image:
            with translated(f"dnn_superres could not run {name}", _run_error):
                return np.asarray(net.upsample(image))

        return kernel

    def observed(self) -> dict[str, Value]:
        """Threads, device, library and engine in use; "auto" is replaced by the engine of the last loaded graph."""
        return {
            "threads": self._cv2.getNumThreads(),
            "device": Device.CUDA if self._target == "cuda" else Device.CPU,
            "target": self._target,
            "engine": self._taken,
            "dnn_backend": self._backend,
        }


def _error(otherwise: type[AtelierError], what: str, error: Exception) -> AtelierError | None:
    """Shorten the text of a ``cv2.error``, which OpenCV raises for every failure and which quotes OpenCV's sources."""
    import cv2

    if not isinstance(error, cv2.error):
        return None
    text = str(getattr(error, "err", "") or error)
    if any(sign in text for sign in _BROKEN):
        return InvalidValue(f"{what}: the file is broken, or of another kind.")
    # OpenCV's error text contains an error within an error: each names a source file and a function, and only the
    # innermost says what went wrong, so the rest is removed.
    said = re.sub(r".*error: \(.*?\) | in function '.*", "", " ".join(text.split())).strip(" >.")
    return otherwise(f"{what}: {said}.")


_import_error, _run_error = partial(_error, Unsupported), partial(_error, InvalidValue)


class _Graph(Graph):
    runtime_name = "OpenCV"
    error_of = staticmethod(_run_error)

    def __init__(self, net: Any, form: Form) -> None:
        super().__init__(form, _declared(net, form.source.name))
        self._net = net

    def run(self, parts: Sequence[Tensor]) -> list[Tensor]:
        outputs = []
        for part in parts:
            self._net.setInput(part)
            outputs.append(
                np.ascontiguousarray(self._net.forward(), np.float32)
            )  # net.forward returns a copy
        return outputs


def _declared(net: Any, name: str) -> tuple[int | None, ...]:
    """Read the input shape that the graph declares, so that an input with too few channels can be refused.

    OpenCV's new engine does not check channels: the engine would read beyond the end of an input with too few
    channels. The classic engine forgets the declared shape, but checks channels itself.
    """
    if not _is_new(net):
        return (None,) * 4
    head = net.dump().partition("outputs:")[0]
    shapes = [shape.split(" x ") for shape in re.findall(r"<Input> \S+ \[(.*?)\]", head)]
    return only_input(name, [[int(n) if n.isdecimal() else None for n in shape] for shape in shapes])


def _is_new(net: Any) -> bool:
    return "__NetInputLayer__" not in net.getLayerTypes()


def _backend_and_target(dnn: Any, backend: str, target: str, precision: str) -> tuple[int, int]:
    """OpenCV's numbers for a library (backend) and a device (target) that work together in this build of OpenCV."""
    suffix = "_FP16" if precision == Precision.FP16 else ""
    backend_id = getattr(dnn, f"DNN_BACKEND_{backend.upper()}")
    target_id = getattr(dnn, f"DNN_TARGET_{target.upper()}{suffix}", -1)
    if target_id not in dnn.getAvailableTargets(backend_id):
        hint = "OpenCV's wheels have no CUDA; build OpenCV with WITH_CUDA=ON." if backend == "cuda" else ""
        what = f"DNN backend {backend!r} on {target} in {precision}"
        raise Unavailable(f"this OpenCV has no {what} here. {hint}".rstrip())
    return backend_id, target_id


def _engine_id(cv2: Any, engine: str, backend: str, target: str) -> tuple[int, ...]:
    """OpenCV's number of an engine; empty for OpenCV 4, which has the classic engine only."""
    if "OPENCV_FORCE_DNN_ENGINE" in os.environ:
        raise Unavailable(
            "OPENCV_FORCE_DNN_ENGINE overrides the engine; unset this variable, and use option 'engine'."
        )
    if engine == "new" and (backend, target) != ("opencv", "cpu"):
        raise Unsupported(f"OpenCV's new engine computes on the CPU only, not with {backend} on {target}.")
    if not hasattr(cv2.dnn, "ENGINE_NEW"):
        if engine in ("auto", "classic"):
            return ()
        raise Unavailable(f"engine {engine!r} of backend opencv_dnn needs OpenCV 5; got {cv2.__version__}.")
    if engine == "ort" and not re.search(r"ONNX Runtime:\s+YES", cv2.getBuildInformation()):
        raise Unavailable(
            "this OpenCV was built without ONNX Runtime; build OpenCV with WITH_ONNXRUNTIME=ON."
        )
    return (getattr(cv2.dnn, f"ENGINE_{engine.upper()}"),)


BACKEND = OpenCVDNN()
