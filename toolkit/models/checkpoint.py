"""Read a file of published weights (.pth, .pt, .npz, .pb, .tflite) into named arrays."""

from __future__ import annotations

import pickle
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from toolkit.core.errors import InvalidValue
from toolkit.models.tflite_constants import constants

Tensors = dict[str, np.ndarray]

READABLE = (".pth", ".pt", ".npz", ".pb", ".tflite")

# Words in the error message of torch.load for a file with objects other than tensors, which could run any code.
# Atelier refuses a file with such objects and names the risk; every other file that torch.load cannot read is
# reported as damaged.
_REFUSALS = ("unsupported", "trying to call", "can only")
_PICKLES = (b"PK", b"\x80")  # first bytes of a torch file: zip archive, or plain pickle


def read(path: Path) -> Tensors:
    """Read every tensor of a file, by its published name and in the file's order.

    Returns
    -------
    dict of str to ndarray
        The tensors by name. In a .pb file, a tensor has the name of its layer; the second tensor of a layer has ``/1``
        after the name. Of a .tflite file, the float constants are read, by the names that they have in the file.

    Raises
    ------
    InvalidValue
        The suffix is not in `READABLE`, or the file is missing, truncated, or a pickle that holds more than tensors.
    """
    readers = {".pth": _torch, ".pt": _torch, ".npz": _npz, ".pb": _tensorflow, ".tflite": _tflite}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InvalidValue(f"weights must be a file of {', '.join(READABLE)}; got {path.name!r}.")
    if not path.is_file():
        raise InvalidValue(f"weights {str(path)!r} must be a file; no such file exists.")
    return reader(path)


def _torch(path: Path) -> Tensors:
    try:
        with warnings.catch_warnings():  # torch also warns about files that torch.load then refuses
            warnings.simplefilter("ignore")
            found = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if _is_pickle(path) and any(sign in str(error).lower() for sign in _REFUSALS):
            raise InvalidValue(
                f"weights {path.name!r} hold something other than tensors and are refused, because such a pickle can "
                "run any code. Save only the state dict."
            ) from error
        raise _unreadable(path) from error
    except Exception as error:  # torch raises errors of many classes for a damaged file
        raise _unreadable(path) from error
    if not isinstance(found, dict) or not all(isinstance(value, torch.Tensor) for value in found.values()):
        raise InvalidValue(
            f"weights {path.name!r} must be a state dict (a dict of names to tensors); got {_kinds(found)}."
        )
    return {str(name): _array(tensor, f"{name!r} of weights {path.name!r}") for name, tensor in found.items()}


def _is_pickle(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2).startswith(_PICKLES)


def _array(tensor: torch.Tensor, named: str) -> np.ndarray:
    """The tensor as a NumPy array. NumPy has no bfloat16, so a bfloat16 tensor becomes float32, which is exact."""
    try:
        plain = tensor.detach()
        return (plain.float() if plain.dtype == torch.bfloat16 else plain).numpy()
    except (TypeError, RuntimeError) as error:  # the tensor is sparse, quantised or without data
        raise InvalidValue(f"{named} must be a dense array of numbers; NumPy cannot hold it.") from error


def _npz(path: Path) -> Tensors:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, AttributeError) as error:
        if "allow_pickle" in str(error) and zipfile.is_zipfile(path):
            raise InvalidValue(
                f"weights {path.name!r} are refused: they hold more than arrays of numbers."
            ) from error
        raise _unreadable(path) from error


def _tensorflow(path: Path) -> Tensors:
    """Weights of a frozen TensorFlow graph, read from the layers of OpenCV's importer; TensorFlow is not needed."""
    import cv2

    log = cv2.utils.logging
    level = log.getLogLevel()
    log.setLogLevel(log.LOG_LEVEL_SILENT)  # otherwise OpenCV also prints the error that this function raises
    # The graphs contain the operator DepthToSpace, which OpenCV can read only if a layer of this name is registered.
    # The layer that dnn_superres registers would stay and break later ONNX graphs, so a layer that does nothing is
    # registered while the graph is imported.
    cv2.dnn_registerLayer("DepthToSpace", _Identity)
    try:
        # OpenCV 5 has two engines; the newer engine does not keep the weights.
        engine = {"engine": cv2.dnn.ENGINE_CLASSIC} if hasattr(cv2.dnn, "ENGINE_CLASSIC") else {}
        net = cv2.dnn.readNetFromTensorflow(str(path), **engine)
        found: Tensors = {}
        shuffled = ""
        for name in net.getLayerNames():
            layer = net.getLayer(net.getLayerId(name))
            for index, blob in enumerate(layer.blobs):
                found[f"{name}/{index}" if index else name] = np.array(blob)
            if shuffled and layer.type == "Power":
                found[name] = _added(net, shuffled, name)
            shuffled = name if layer.type == "DepthToSpace" else ""
    except cv2.error as error:
        raise _unreadable(path) from error
    finally:
        cv2.dnn_unregisterLayer("DepthToSpace")
        log.setLogLevel(level)
    if not found:
        raise _unreadable(path)
    return found


def _tflite(path: Path) -> Tensors:
    try:
        found = constants(path.read_bytes())
    except (ValueError, OSError) as error:
        raise _unreadable(path) from error
    if not found:
        raise InvalidValue(f"weights {path.name!r} must hold float constants; this graph has none.")
    return found


class _Identity:
    """A layer whose output is its input."""

    def __init__(self, params: Any, blobs: Any) -> None:
        pass

    def getMemoryShapes(self, inputs: Any) -> Any:  # noqa: N802 - OpenCV's name
        return inputs

    def forward(self, inputs: list[np.ndarray]) -> list[np.ndarray]:
        return inputs


def _added(net: Any, before: str, after: str) -> np.ndarray:
    """The constant that a layer adds to every value; the layer is run, because OpenCV stores no weight for it."""
    net.setInput(np.zeros((1, 1, 8, 8), np.float32))
    x, y = net.forward([before, after])
    return np.array([y.flat[0] - x.flat[0]], np.float32)


def _unreadable(path: Path) -> InvalidValue:
    return InvalidValue(
        f"weights {path.name!r} cannot be read as {path.suffix}: the file is truncated or has another format."
    )


def _kinds(found: Any) -> str:
    if not isinstance(found, dict):
        return type(found).__name__
    other = next(name for name, value in found.items() if not isinstance(value, torch.Tensor))
    return f"{type(found[other]).__name__} under {other!r}"
