"""The export process writes a file, or ends with an exit code and a message."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.backends import tiny_graphs as tiny
from toolkit.core.errors import InvalidValue, Unsupported

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")

FP32 = {
    "precision": "fp32",
    "architecture": "fsrcnn",
    "arguments": {"scale": 2, "small": True},
    "checkpoint": None,
    "seed": 0,
    "channels": 1,
    "multiple": 1,
    "size": None,
}


def run(spec: dict[str, Any], out: Path, pytestconfig: pytest.Config, *flags: str) -> Any:
    written = out.with_name("spec.json")
    written.write_text(json.dumps({**spec, "parent": os.getpid()}))
    command = [sys.executable, *flags, "-m", "toolkit.models.export_process", str(written), str(out)]
    return subprocess.run(command, cwd=pytestconfig.rootpath, capture_output=True, text=True)


def test_seeded_weights_become_a_graph(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    done = run(FP32, tmp_path / "net.onnx", pytestconfig)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    session = onnxruntime.InferenceSession(str(tmp_path / "net.onnx"), providers=["CPUExecutionProvider"])
    (output,) = session.run(None, {"image": np.zeros((2, 1, 5, 7), np.float32)})
    assert output.shape == (2, 1, 10, 14)


def test_a_bad_checkpoint_is_an_exit_code_and_a_sentence(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    broken = tmp_path / "broken.pth"
    broken.write_bytes(b"PK\x03\x04")
    done = run({**FP32, "checkpoint": str(broken)}, tmp_path / "net.onnx", pytestconfig)
    assert done.returncode == InvalidValue.exit_code
    assert "'broken.pth'" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "net.onnx").exists()


def test_int8_needs_no_torch_and_says_what_it_cannot_do(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    np.savez(tmp_path / "inputs.npz", a0=tiny.tensor(1, 8, 8))
    fp32 = tiny.enlarging(tmp_path / "fp32.onnx")  # its one convolution is the first and the last
    spec = {"precision": "int8", "fp32": str(fp32), "calibration": str(tmp_path / "inputs.npz")}
    done = run(spec, tmp_path / "int8.onnx", pytestconfig, "-X", "importtime")
    said = done.stderr.splitlines()
    assert done.returncode == Unsupported.exit_code
    assert said[-1].startswith("fp32.onnx has no convolution")
    imported = {line.rsplit("|", 1)[-1].strip() for line in said if line.startswith("import time:")}
    assert "onnxruntime" in imported and "torch" not in imported
