"""What makes two measurements answers to one question, and what does not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.backends.tiny_graphs import enlarging
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.fingerprint import fingerprint
from toolkit.contracts.identity import decisive_files, environment_id

PACKAGE = Path(__file__).resolve().parents[2] / "toolkit"
TRIAL = make_trial("oil_painting", "opencv", megapixels=0.1)


def test_twelve_digits_that_survive_json() -> None:
    found = fingerprint()
    text = environment_id(TRIAL, found)
    assert len(text) == 12 and int(text, 16) >= 0
    assert environment_id(TRIAL, json.loads(json.dumps(found))) == text


@pytest.mark.parametrize(
    ("group", "name", "value", "is_same"),
    [
        ("cpu", "model", "another", False),
        ("cpu", "quota", 1.5, False),
        ("cpu", "allowed_list", [7], True),
        ("memory", "swap_bytes", 1, True),
        ("runtimes", "opencv-contrib-python", "4.10", False),
        ("runtimes", "torch", "1.0", True),  # not used by this trial
        ("thread_environment", "OMP_NUM_THREADS", "3", True),  # each worker sets its own
        ("thread_environment", "OPENCV_FOR_THREADS_NUM", "3", True),
        ("thread_environment", "KMP_BLOCKTIME", "0", False),
        ("system", "kernel", "9.9", True),
    ],
)
def test_what_changes_it(group: str, name: str, value: object, is_same: bool) -> None:
    found = fingerprint()
    changed = {**found, group: {**found[group], name: value}}
    same = environment_id(TRIAL, changed) == environment_id(TRIAL, found)
    assert same is is_same


def test_parameters_change_the_files_only_where_they_choose_a_network() -> None:
    larger = make_trial("oil_painting", "opencv", params={"size": 9}, megapixels=0.1)
    other = make_trial("stylization", "opencv", megapixels=0.1)
    assert decisive_files(larger) == decisive_files(TRIAL) != decisive_files(other)
    assert {"oil_painting.py", "opencv.py"} <= {file.name for file in decisive_files(TRIAL)}


def test_a_graphics_card_matters_only_to_what_runs_on_it() -> None:
    found = fingerprint()
    changed = {**found, "gpu": [{"name": "another", "driver": "1", "memory_bytes": 1}]}
    assert environment_id(TRIAL, changed) == environment_id(TRIAL, found)


def test_a_photo_that_is_a_file_counts_by_its_content(tmp_path: Path) -> None:
    found = fingerprint()
    photo = tmp_path / "mine.png"
    trial = TRIAL.with_(images=(str(photo),))
    ids = []
    for content in (b"one", b"two", b"one"):
        photo.write_bytes(content)
        ids.append(environment_id(trial, found))
    assert ids[0] == ids[2] != ids[1]


def test_the_matte_beside_a_photo_counts_where_it_is_the_truth(tmp_path: Path) -> None:
    found, photo, matte = fingerprint(), tmp_path / "me.jpg", tmp_path / "me_alpha.png"
    photo.write_bytes(b"a photo")
    matting = make_trial("matting", "onnxruntime", params={"model": "prisma"}, images=(str(photo),))
    painting = TRIAL.with_(images=(str(photo),))
    before = [environment_id(trial, found) for trial in (matting, painting)]
    matte.write_bytes(b"its matte")
    after = [environment_id(trial, found) for trial in (matting, painting)]
    assert (before[0] == after[0], before[1] == after[1]) == (False, True)


def test_a_pre_step_and_a_plug_in_count() -> None:
    found = fingerprint()
    plain = environment_id(TRIAL, found)
    step = make_trial("oil_painting", "opencv", steps=(("fit_side", {}),), megapixels=0.1)
    assert environment_id(step, found) != plain
    assert environment_id(TRIAL.with_(plugins=(("p.py", "aa"),)), found) != plain


def test_weights_that_arrive_make_a_new_question(real_weights, tmp_path, monkeypatch) -> None:
    found, trial = fingerprint(), make_trial("carn_m", "openvino")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("ATELIER_WEIGHTS", raising=False)
    without = environment_id(trial, found)
    monkeypatch.setenv("ATELIER_WEIGHTS", str(real_weights))
    assert environment_id(trial, found) != without


def test_the_version_of_the_reference_counts() -> None:
    found, trial = fingerprint(), make_trial("carn_m", "openvino")
    other = {**found, "runtimes": {**found["runtimes"], "torch": "1.0"}}
    assert environment_id(trial, other) != environment_id(trial, found)


@pytest.mark.parametrize(
    ("backend", "precision", "operation", "writers"),
    [
        ("openvino", "fp32", "carn_m", {"onnx", "onnxscript"}),
        ("openvino", "int8", "carn_m", {"onnx", "onnxscript", "onnxruntime"}),
        ("torch", "bf16", "carn_m", set()),
        ("openvino", "int8", "onnx_model", {"onnx", "onnxruntime"}),
        ("openvino", "fp32", "onnx_model", {"onnxruntime"}),  # its reference
    ],
)
def test_what_writes_the_graph_counts(
    tmp_path: Path, backend: str, precision: str, operation: str, writers: set[str]
) -> None:
    params = {"file": str(enlarging(tmp_path / "net.onnx"))} if operation == "onnx_model" else {}
    trial = make_trial(operation, backend, precision=precision, params=params)
    found = fingerprint()
    plain = environment_id(trial, found)
    for name in ("onnx", "onnxscript", "onnxruntime"):
        other = {**found, "runtimes": {**found["runtimes"], name: "0.1"}}
        assert (environment_id(trial, other) != plain) == (name in writers), name


def test_the_file_of_a_network_before_the_operation_counts(tmp_path: Path) -> None:
    file = tmp_path / "own.onnx"
    step = ("onnx_model", {"file": str(file)})
    found, trial = fingerprint(), make_trial("oil_painting", "opencv", steps=(step,), megapixels=0.1)
    ids = []
    for content in (b"one", b"another", b"one"):
        file.write_bytes(content)
        ids.append(environment_id(trial, found))
    assert ids[0] == ids[2] != ids[1]


_CHANGES = """
import json, sys
from pathlib import Path
from toolkit.contracts.fingerprint import fingerprint
from toolkit.bench.judge import question_id
from toolkit.contracts.identity import source_id
from toolkit.contracts.checked_trial import make_trial

package, machine, said = Path(sys.argv[1]), fingerprint(), {}
for operation, backend, params, placed, *files in json.loads(sys.argv[2]):
    trial = make_trial(operation, backend, params=params, megapixels=0.1, **placed)
    for file in files:
        source = package / file
        before, text = (question_id(trial, machine), source_id(trial)), source.read_text()
        source.write_text(text + "# changed")
        after = (question_id(trial, machine), source_id(trial))
        source.write_text(text)
        said[f"{operation} {backend} {file}"] = [b != a for b, a in zip(before, after)]
print(json.dumps(said))
"""


def test_every_source_that_a_picture_depends_on_counts_and_no_other(tmp_path: Path) -> None:
    """In a copy of the toolkit: each file is changed, and what was measured before must not be believed any more."""
    shutil.copytree(PACKAGE, tmp_path / "toolkit", ignore=shutil.ignore_patterns("__pycache__"))
    untrained, int8 = {"weights": "untrained"}, {"precision": "int8"}
    decisive = [
        ("bicubic", "opencv", {}, {}, "images/imresize.py", "backends/numpy.py"),
        ("oil_painting", "opencv", {}, {}, "kernels/reference.py", "kernels/color_spaces.py"),
        ("stylization", "numba", {}, {}, "kernels/numba/domain_transform.py"),
        ("styles", "numba", {}, {}, "ops/pencil_sketch.py", "kernels/numba/lanes.py"),
        (
            "fsrcnn",
            "onnxruntime",
            untrained,
            {},
            "models/transforms.py",
            "images/tiling.py",
            "nets/fsrcnn.py",
        ),
        (
            "fsrcnn",
            "onnxruntime",
            untrained,
            {},
            "models/torch_to_onnx.py",
            "nets/signal.py",
            "models/tensor_shape.py",
        ),
        ("fsrcnn", "onnxruntime", untrained, int8, "models/quantize.py"),
        ("matting", "openvino", {"model": "prisma"}, int8, "models/quantize.py"),
    ]
    unconcerned = [
        ("oil_painting", "numba", {}, {}, "kernels/numba/stylization.py", "core/errors.py", "nets/fsrcnn.py"),
        ("fsrcnn", "onnxruntime", untrained, {}, "contracts/trial.py", "nets/carn.py", "ops/carn.py"),
    ]
    # The input and the figures of quality are not the output: references are kept under their input's own hash.
    judged = [
        ("fsrcnn", "torch", untrained, {}, "images/super_resolution.py", "bench/ground_truth.py"),
        (
            "oil_painting",
            "opencv",
            {},
            {},
            "contracts/tolerance.py",
            "bench/agreement.py",
            "images/similarity.py",
        ),
    ]
    for trials, wanted in ((decisive, [True, True]), (unconcerned, [False, False]), (judged, [True, False])):
        done = subprocess.run(
            [sys.executable, "-c", _CHANGES, tmp_path / "toolkit", json.dumps(trials)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path), "ATELIER_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert {key for key, seen in json.loads(done.stdout).items() if seen != wanted} == set()
