"""Export one network in a separate process: ``python -m toolkit.models.export_process SPEC.json OUT.onnx``.

A worker that is timed must only open files: an exporter or a calibration in the same process would add to the worker's
import time, memory and threads. SPEC is one JSON object:

=================  ====================================================================================
``precision``      ``"fp32"``: export a checkpoint, or seeded weights; ``"int8"``: quantise an fp32 ONNX file
``architecture``   a module of `toolkit.nets`
``arguments``      arguments of the module's function ``build``
``checkpoint``     path of the published weights, or null for seeded weights
``seed``           seed of the weights if ``checkpoint`` is null
``channels``       number of channels of the input
``multiple``       height and width of every input are multiples of this number
``size``           ``[height, width]`` in px if the network has a fixed input size, or null
``fp32``           path of the fp32 ONNX file to quantise, or null
``calibration``    path of an .npz file of float32 (1, C, H, W) inputs a0, a1, ... for int8, or null
``parent``         process id of the caller; this process ends when the caller ends
=================  ====================================================================================

The exit code is 0, or the exit code of the error whose message is the last line on standard error.
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
from toolkit.core.folders import NO_SPACE, no_room


def run(arguments: Sequence[str]) -> int:
    """Write the file that SPEC describes, and return the exit code of the process."""
    spec_file, out = map(Path, arguments)
    spec = json.loads(spec_file.read_text(encoding="utf-8"))
    # This process ends with its caller: an orphaned calibration would go on and hold gigabytes of memory.
    die_with_parent(spec["parent"])
    try:
        if spec["precision"] == Precision.INT8:  # quantising does not need torch, whose import takes seconds
            _quantise(Path(spec["fp32"]), Path(spec["calibration"]), out)
        else:
            _export(spec, out)
    except AtelierError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except OSError as error:
        if error.errno not in NO_SPACE:
            raise
        sys.stderr.write(f"{no_room(out.parent.parent, error)}\n")
        return Unavailable.exit_code
    except MemoryError:
        sys.stderr.write("The export ran out of memory.\n")
        return TrialFailed.exit_code
    return 0


def _export(spec: Mapping[str, Any], out: Path) -> None:
    try:
        import onnx  # noqa: F401 - torch's exporter imports onnx and onnxscript
        import onnxscript  # noqa: F401

        from toolkit.models import loading
        from toolkit.models.torch_to_onnx import export
    except ImportError as error:
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
