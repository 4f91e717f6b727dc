"""Reference outputs are made once, kept by content, and made again when half of one is left."""

import dataclasses
import importlib.metadata
import os

import numpy as np
import pytest

import toolkit as tk
from toolkit.bench.inputs import Inputs
from toolkit.bench.references import prepare_exports, reference_trial, references
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.operation import OPERATIONS, load_plugin
from toolkit.core import folders
from toolkit.core.errors import InvalidValue
from toolkit.images.photos import at_size
from toolkit.workers.process import WorkerFailed

TRIAL = make_trial(
    "oil_painting", "opencv", images=("coffee", "chelsea"), size=(48, 32), threads=2, workers=2, batch=2
)

COUNTS_ITS_CALLS = """
from pathlib import Path
from toolkit.contracts.operation import Operation

def kernel(image):
    with Path(__file__).with_suffix(".calls").open("a") as calls:
        calls.write("x")
    return image.copy()

OPERATION = Operation(name="counts_its_calls", summary="", kernels={"opencv": lambda cv2: kernel})
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def inputs():
    with Inputs() as made:
        yield made


def _kept():
    return sorted(file for file in folders.cache_folder("references").rglob("*") if file.is_file())


def test_a_reference_is_what_apply_gives_for_each_photo(inputs):
    found = references(TRIAL, TRIAL.images, inputs, timeout_s=60)
    assert list(found) == ["coffee", "chelsea"]
    for name, picture in found.items():
        photo, _ = at_size(tk.photo(name), 48, 32)
        assert (
            picture == tk.apply("oil_painting", photo, backend=OPERATIONS["oil_painting"].reference)
        ).all()
    assert len(_kept()) == 2
    assert all(file.suffix == ".npz" for file in _kept())


@pytest.fixture
def counting(tmp_path):
    file = tmp_path / "counts_its_calls.py"
    file.write_text(COUNTS_ITS_CALLS)
    before = dict(OPERATIONS._added), dict(OPERATIONS._files)
    trial = TRIAL.with_(operation="counts_its_calls", plugins=((str(file), load_plugin(file)),))
    yield trial, file.with_suffix(".calls")
    OPERATIONS._added, OPERATIONS._files = before


def test_the_second_time_nothing_is_called_and_nothing_written(counting, inputs):
    trial, calls = counting
    first = references(trial, trial.images, inputs, timeout_s=60)
    assert calls.read_text() == "xx"
    files = {file: (file.stat().st_mtime_ns, file.stat().st_ino) for file in _kept()}
    again = references(trial, trial.images, inputs, timeout_s=60)
    assert calls.read_text() == "xx"
    assert {file: (file.stat().st_mtime_ns, file.stat().st_ino) for file in _kept()} == files
    assert all((first[name] == again[name]).all() for name in trial.images)


def test_only_a_photo_that_is_missing_is_made(counting, inputs):
    trial, calls = counting
    references(trial, ["coffee"], inputs, timeout_s=60)
    assert calls.read_text() == "x"
    references(trial, trial.images, inputs, timeout_s=60)
    assert calls.read_text() == "xx"


def test_threads_workers_and_batch_share_one_reference_and_parameters_do_not(counting, inputs):
    trial, calls = counting
    references(trial, ["coffee"], inputs, timeout_s=60)
    alike = [
        trial.with_(workers=1, batch=1),
        trial.with_(placement=dataclasses.replace(trial.placement, threads=1)),
        trial.with_(images=("coffee",)),
    ]
    for other in alike:
        references(other, ["coffee"], inputs, timeout_s=60)
    assert calls.read_text() == "x"
    references(trial.with_(width=47), ["coffee"], inputs, timeout_s=60)
    references(
        trial.with_(steps=(("fit_side", (("side", 20), ("interpolation", "area"))),)),
        ["coffee"],
        inputs,
        timeout_s=60,
    )
    assert calls.read_text() == "xxx"


def test_a_changed_source_is_another_reference(counting, inputs):
    trial, calls = counting
    references(trial, ["coffee"], inputs, timeout_s=60)
    file = calls.with_suffix(".py")
    file.write_text(file.read_text().replace("image.copy()", "255 - image"))
    changed = trial.with_(plugins=((str(file), load_plugin(file)),))
    found = references(changed, ["coffee"], inputs, timeout_s=60)
    photo, _ = at_size(tk.photo("coffee"), 48, 32)
    assert (found["coffee"] == 255 - photo).all()


@pytest.mark.parametrize("distribution", ["numpy", "opencv"])
def test_another_version_of_the_backend_or_of_opencv_is_another_reference(inputs, monkeypatch, distribution):
    assert OPERATIONS["oil_painting"].reference == "numpy"
    references(TRIAL, ["coffee"], inputs, timeout_s=60)
    real = importlib.metadata.version
    monkeypatch.setattr(
        "importlib.metadata.version", lambda name: "0.1" if name.startswith(distribution) else real(name)
    )
    references(TRIAL, ["coffee"], inputs, timeout_s=60)
    assert len(_kept()) == 2


@pytest.mark.parametrize("left", [b"", b"PK\x03\x04", b"no archive at all"], ids=["empty", "cut", "other"])
def test_half_a_file_is_made_again(inputs, left):
    first = references(TRIAL, ["coffee"], inputs, timeout_s=60)
    (file,) = _kept()
    whole = file.read_bytes()
    for content in (left, whole[: len(whole) // 2]):
        file.write_bytes(content)
        assert (references(TRIAL, ["coffee"], inputs, timeout_s=60)["coffee"] == first["coffee"]).all()
        assert np.load(file)["picture"].shape == (32, 48, 3)


def test_cleared_references_are_made_again(inputs):
    references(TRIAL, TRIAL.images, inputs, timeout_s=60)
    held = sum(file.stat().st_size for file in _kept())
    assert folders.cache_sizes_bytes()["references"] == held > 2 * 32 * 48 * 3
    assert folders.clear_cache("references") == held
    assert _kept() == []
    references(TRIAL, ["coffee"], inputs, timeout_s=60)
    assert len(_kept()) == 1


def test_there_is_none_where_the_reference_backend_is_wrong(counting, inputs, monkeypatch):
    trial, calls = counting
    op = dataclasses.replace(
        OPERATIONS["counts_its_calls"],
        size_limits={"opencv": lambda height, width, params: "wrong" * (width > 47)},
    )
    monkeypatch.setitem(OPERATIONS._added, "counts_its_calls", op)
    assert references(trial, ["coffee"], inputs, timeout_s=60) is None
    assert not calls.exists()
    shrunk = trial.with_(steps=(("fit_side", (("side", 47), ("interpolation", "area"))),))
    assert references(shrunk, ["coffee"], inputs, timeout_s=60) is not None


def test_a_reference_that_crashes_says_that_it_was_the_reference(tmp_path, inputs):
    file = tmp_path / "breaks_at_once.py"
    file.write_text(
        COUNTS_ITS_CALLS.replace("counts_its_calls", "breaks_at_once").replace("image.copy()", "1 / 0")
    )
    sha = load_plugin(file)
    try:
        trial = TRIAL.with_(operation="breaks_at_once", plugins=((str(file), sha),))
        with pytest.raises(
            WorkerFailed, match="reference output on backend opencv: ZeroDivisionError: division by zero$"
        ) as caught:
            references(trial, ["coffee"], inputs, timeout_s=60)
        assert caught.value.cause == "raised"
    finally:
        del OPERATIONS._added["breaks_at_once"]
    assert _kept() == []


def test_the_reference_question_is_about_the_picture_alone():
    asked = reference_trial(TRIAL)
    assert (asked.backend, asked.workers, asked.batch) == (OPERATIONS["oil_painting"].reference, 1, 1)
    assert (asked.params, asked.steps, asked.images) == (TRIAL.params, TRIAL.steps, TRIAL.images)


@pytest.mark.parametrize(("tile", "reference"), [(64, (("tile", 128),)), (5000, ())])
def test_the_reference_of_a_tiled_network_has_its_seams_elsewhere(tile, reference):
    tiled = make_trial("fsrcnn", "openvino", params={"tile": tile, "reload": True}, size=(48, 32))
    assert reference_trial(tiled).params == reference


def test_the_files_of_a_pre_step_are_looked_for_before_anything_is_timed():
    step = ("onnx_model", {"file": "missing.onnx"})
    with pytest.raises(InvalidValue, match="ONNX file; got 'missing.onnx'"):
        prepare_exports(make_trial("oil_painting", "opencv", steps=(step,), size=(48, 32)))


def test_without_a_cache_references_are_kept_in_a_temporary_folder(inputs, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")  # nobody can write there, not even root
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    trial = TRIAL.with_(images=("coffee",))
    (first,) = references(trial, trial.images, inputs, timeout_s=60).values()
    assert (tmp_path / f"atelier-{os.getuid()}" / "references").is_dir()
    (again,) = references(trial, trial.images, inputs, timeout_s=60).values()
    assert (first == again).all()
