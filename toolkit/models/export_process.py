"""One export in a process of its own: ``python -m toolkit.models.export_process SPEC.json OUT.onnx``.

A worker that is timed must only open files: an exporter or a calibration in it would be counted to its import, its
memory and its threads. SPEC is one JSON object:

=================  ====================================================================================
``precision``      ``"fp32"``: a checkpoint, or seeded weights, to ONNX; ``"int8"``: an fp32 ONNX to QDQ
``architecture``   a module of `toolkit.nets`
``arguments``      what its ``build`` takes
``checkpoint``     path of the published weights, or null
``seed``           of untrained weights where ``checkpoint`` is null
``channels``       of the input
``multiple``       what height and width will be multiples of
``size``           ``[height, width]`` in px where the network has one input size, or null
``fp32``           path of the fp32 ONNX that int8 starts from, or null
``calibration``    path of an .npz of float32 (1, C, H, W) arrays a0, a1, ... for int8, or null
``parent``         process id of the caller, which this process does not outlive
=================  ====================================================================================

The exit code is 0, or that of the error whose sentence is the last line on standard error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from toolkit.core.child_process import die_with_parent
from toolkit.core.choices import Precision
from toolkit.core.errors import AtelierError, TrialFailed, Unavailable


def run(arguments: Sequence[str]) -> int:
    """Make the file that SPEC describes; returns the exit code."""
    spec_file, out = map(Path, arguments)
    spec = json.loads(spec_file.read_text(encoding="utf-8"))
    die_with_parent(spec["parent"])  # a calibration takes gigabytes, and nobody would wait for its file
    try:
        make(spec, out)
    except AtelierError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except MemoryError:
        sys.stderr.write("The export ran out of memory.\n")
        return TrialFailed.exit_code
    return 0


def make(spec: Mapping[str, Any], out: Path) -> None:
    """Write the file that `spec` describes.

    Parameters
    ----------
    spec : mapping
        As the module says.
    out : Path

    Raises
    ------
    AtelierError
        Weights or a graph that cannot be used, or a package that is missing.
    """
    if spec["precision"] == Precision.INT8:  # without torch
        _quantise(Path(spec["fp32"]), Path(spec["calibration"]), out)
    else:
        _export(spec, out)


def _export(spec: Mapping[str, Any], out: Path) -> None:
    try:
        from toolkit.models import loading
        from toolkit.models.torch_to_onnx import export
    except ModuleNotFoundError as error:
        raise Unavailable(f"export to ONNX needs {error.name}; pip install torch onnx onnxscript.") from error

    if spec["checkpoint"] is None:
        module = loading.seeded(spec["architecture"], spec["arguments"], spec["seed"])
    else:
        module = loading.load(spec["architecture"], spec["arguments"], Path(spec["checkpoint"]))
    size = tuple(spec["size"]) if spec["size"] else None
    export(module, out, channels=spec["channels"], multiple=spec["multiple"], size=size)


def _quantise(fp32: Path, calibration: Path, out: Path) -> None:
    import numpy as np

    from toolkit.models.quantize import quantize

    with np.load(calibration, allow_pickle=False) as archive:
        inputs = [archive[name] for name in archive.files]
    quantize(fp32, out, inputs=inputs)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
