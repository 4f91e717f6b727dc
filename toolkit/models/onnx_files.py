"""ONNX files of networks: each is exported once, in a separate process, and kept in the cache.

The name of a cached file contains a hash of its weights, the code and the versions of the exporters, so that a change
of any of these leads to a new export.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from toolkit import nets
from toolkit.core import folders
from toolkit.core.child_process import module_command, module_environment
from toolkit.core.choices import Precision
from toolkit.core.errors import InvalidValue, TrialFailed, Unavailable
from toolkit.core.sources import digests
from toolkit.images.image import Image
from toolkit.images.photos import at_size, photo, photo_file
from toolkit.machine.versions import distribution_version
from toolkit.models import export_process, network_files
from toolkit.models.network import Network
from toolkit.models.onnx_bytes import is_whole
from toolkit.models.transforms import Tensor

CALIBRATION_PHOTOS = ("astronaut", "chelsea", "coffee")
"""Photos that calibrate int8: squares of `calibration_px`, or whole photos if the network's input size is fixed."""

# Packages that write ONNX files. Another version of a package may write another file, so the versions are part of the
# name of a cached file.
_EXPORTED_BY = ("torch", "onnx", "onnxscript")
_QUANTISED_BY = ("onnx", "onnxruntime")

_TIME_LIMIT_S = 1800.0
_WORKSHOP = ".making-"
# A small picture with all 256 levels in each channel. Two networks whose inputs for this picture are equal have equal
# inputs for every photo, so a hash of this input identifies all calibration inputs, and no photo has to be prepared.
_PROBE: Image = (np.arange(24 * 40 * 3) % 256).astype(np.uint8).reshape(24, 40, 3)


def onnx_file(network: Network, precision: str) -> Path:
    """The network as an ONNX file: a published graph, the user's graph, or an export that is kept in the cache.

    Parameters
    ----------
    precision : {"fp32", "bf16", "fp16", "int8"}
        The file is quantised for ``"int8"``. For all other precisions the file is fp32, and the runtime
        computes in the wanted precision.

    Raises
    ------
    Unavailable
        The weights are not on this machine, a package that the export needs is not installed, or the disk of the cache
        is full.
    InvalidValue
        The weights belong to another architecture, or the user's file is not an ONNX graph.
    TrialFailed
        The export crashed.
    """
    graph = network_files.graph(network, "onnx")
    if precision != Precision.INT8:
        return graph or _export(network)
    return _quantised(network, graph or _export(network))


def made_by(network: Network, precision: str) -> tuple[str, ...]:
    """Packages that write the file that `onnx_file` returns; () if the file is published and so needs no package."""
    has_graph = network.own is not None or "onnx" in network.graphs
    exporters = () if has_graph else _EXPORTED_BY
    return (*exporters, *_QUANTISED_BY) if precision == Precision.INT8 else exporters


def sources_of(network: Network) -> list[Path]:
    """Source files of the modules that make the network's files and its torch module; their imports are not listed."""
    sources = [Path(export_process.__file__)]
    if network.architecture:
        sources.append(Path(nets.__file__).with_name(f"{network.architecture}.py"))
    return sources


def _source_digests(network: Network) -> list[str]:
    return digests(sources_of(network), folders=("models", "nets"))


def _export(network: Network) -> Path:
    checkpoint = network_files.checkpoint(network)
    spec = {
        "architecture": network.architecture,
        "arguments": dict(network.arguments),
        "seed": network.seed,
        "channels": int(network.prepare(np.zeros((8, 8, 3), np.uint8)).shape[1]),
        "multiple": network.multiple,
        "size": network.size,
        "precision": Precision.FP32,
    }
    weights = "" if checkpoint is None else _digest(checkpoint)
    ingredients = [spec, weights, _source_digests(network), *map(distribution_version, _EXPORTED_BY)]
    file = None if checkpoint is None else str(checkpoint)
    return _cached(network, Precision.FP32, ingredients, lambda folder: {**spec, "checkpoint": file})


def _quantised(network: Network, fp32: Path) -> Path:
    # The hash is computed while a worker is timed, so one small picture is hashed instead of all calibration photos.
    (small,) = _calibration_inputs(network, [_PROBE], 16)
    inputs = [_digest(photo_file(name)) for name in CALIBRATION_PHOTOS]
    inputs += [str(network.calibration_px), hashlib.sha256(np.ascontiguousarray(small).tobytes()).hexdigest()]
    # The user's own graph may have its weights in a second file, so all its files are hashed.
    graph = [_digest(file) for file in network_files.files(network)] if network.own else _digest(fp32)
    ingredients = [graph, inputs, _source_digests(network), *map(distribution_version, _QUANTISED_BY)]

    def spec_in(folder: Path) -> dict[str, Any]:
        held = folder / "inputs.npz"
        photos = [photo(name) for name in CALIBRATION_PHOTOS]
        made = enumerate(_calibration_inputs(network, photos, network.calibration_px))
        np.savez(held, **{f"a{n}": tensor for n, tensor in made})  # type: ignore[arg-type]
        return {"precision": Precision.INT8, "fp32": str(fp32), "calibration": str(held)}

    return _cached(network, Precision.INT8, ingredients, spec_in)


def _calibration_inputs(network: Network, pictures: Iterable[Image], side_px: int) -> Iterator[Tensor]:
    for picture in pictures:
        yield network.prepare(picture if network.size else at_size(picture, side_px, side_px)[0])


def _cached(
    network: Network, precision: str, ingredients: list[Any], spec_in: Callable[[Path], dict[str, Any]]
) -> Path:
    """The cached file that was made from `ingredients` (weights, code, versions); a missing file is made now.

    `spec_in` returns the specification for the export process, and writes the input files of that process to the
    folder that it is given.
    """
    digest = hashlib.sha256(json.dumps(ingredients, sort_keys=True).encode()).hexdigest()[:16]
    name = f"{network.name}-{precision}-{digest}.onnx"
    path = folders.cache_folder("exports") / name
    if not is_whole(path):
        path = folders.usable_cache_folder("exports") / name
    if not is_whole(path):
        try:
            with _workshop(path.parent) as folder:
                _make(spec_in(folder), folder, path)
        except OSError as error:
            raise Unavailable(folders.no_room(path.parent, error)) from error
    return path


@contextmanager
def _workshop(exports: Path) -> Iterator[Path]:
    """Make a temporary folder in the cache for one export, and delete the folders that killed processes left."""
    for left in exports.glob(f"{_WORKSHOP}*"):
        with suppress(FileNotFoundError):  # the process that made the folder has already deleted the folder
            if time.time() - left.stat().st_mtime > 2 * _TIME_LIMIT_S:
                shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=exports, prefix=_WORKSHOP) as folder:
        yield Path(folder)


def _make(spec: dict[str, Any], folder: Path, path: Path) -> None:
    """Run the export process. If two processes make the same file at the same time, the later file is kept."""
    written, made = folder / "spec.json", folder / path.name
    written.write_text(json.dumps({**spec, "parent": os.getpid()}))
    try:
        done = subprocess.run(
            module_command(export_process.__name__, str(written), str(made)),
            capture_output=True,
            text=True,
            timeout=_TIME_LIMIT_S,
            env=module_environment(),
        )
    except subprocess.TimeoutExpired:
        raise TrialFailed(
            f"the export {path.name} took longer than {_TIME_LIMIT_S:g} s and was stopped."
        ) from None
    if done.returncode == 0:
        made.replace(path)
        return
    last = [line for line in done.stderr.splitlines() if line.strip()]
    sentence = last[-1].strip() if last else f"the export process ended with exit code {done.returncode}."
    for kind in (InvalidValue, Unavailable):
        if done.returncode == kind.exit_code:
            raise kind(sentence)
    folders.write_something(
        folder
    )  # raises OSError if the disk is full: the exporter may give another reason
    raise TrialFailed(f"the export {path.name} failed: {sentence}")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
