"""ONNX files are exported once for each content, in a separate process, whose errors reach the caller."""

from __future__ import annotations

import dataclasses
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from toolkit.contracts.operation import OPERATIONS
from toolkit.core.errors import InvalidValue, TrialFailed, Unavailable
from toolkit.models import onnx_files, transforms

pytest.importorskip("onnxscript", reason="export to ONNX needs torch, onnx and onnxscript")


def network(**params):
    operation = OPERATIONS["fsrcnn"]
    resolved = operation.resolve({"weights": "untrained", "scale": 2, "small": True, **params})
    return operation.network_of(resolved)


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def exported(own_cache) -> Path:
    return onnx_files.onnx_file(network(), "fp32")


def test_an_export_is_made_once(exported):
    written = exported.stat()
    again = onnx_files.onnx_file(network(), "bf16")  # a runtime lowers the precision by itself
    assert again == exported and again.stat().st_mtime_ns == written.st_mtime_ns
    assert [file.name for file in exported.parent.iterdir()] == [exported.name]


def test_other_weights_are_another_export(exported):
    other = onnx_files.onnx_file(dataclasses.replace(network(), seed=1), "fp32")
    assert other != exported and other.read_bytes() != exported.read_bytes()


def test_int8_is_made_from_the_same_graph(exported):
    quantised = onnx_files.onnx_file(network(), "int8")
    assert "int8" in quantised.name and b"QuantizeLinear" in quantised.read_bytes()
    assert b"QuantizeLinear" not in exported.read_bytes()
    written = quantised.stat().st_mtime_ns
    assert onnx_files.onnx_file(network(), "int8") == quantised and quantised.stat().st_mtime_ns == written


def test_what_a_network_makes_of_a_picture_decides_its_int8_ranges(exported):
    quantised = onnx_files.onnx_file(network(), "int8")

    class Darker(transforms.Luma):
        def __call__(self, image):
            return super().__call__(image // 2)

    darker = dataclasses.replace(network(), transform=Darker())
    assert onnx_files.onnx_file(darker, "int8").read_bytes() != quantised.read_bytes()


def test_what_the_export_says_reaches_the_user(real_weights):
    other = dataclasses.replace(network(), seed=None, architecture="espcn", arguments={"scale": 2})
    with pytest.raises(InvalidValue, match=r"weights 'FSRCNN-small_x2\.pb' do not fit espcn\(scale=2\)"):
        onnx_files.onnx_file(other, "fp32")


def test_weights_that_are_missing_are_named(monkeypatch):
    monkeypatch.delenv("ATELIER_WEIGHTS", raising=False)
    trained = dataclasses.replace(network(), seed=None)
    with pytest.raises(Unavailable, match=r"FSRCNN-small_x2\.pb.*sha256:"):
        onnx_files.onnx_file(trained, "fp32")


def test_an_export_that_takes_too_long_is_stopped_and_leaves_nothing(exported, monkeypatch):
    monkeypatch.setattr(onnx_files, "_TIME_LIMIT_S", 0.05)
    before = sorted(exported.parent.iterdir())
    with pytest.raises(TrialFailed, match=r"fsrcnn.*took longer than 0\.05 s and was stopped"):
        onnx_files.onnx_file(dataclasses.replace(network(), seed=2), "fp32")
    assert sorted(exported.parent.iterdir()) == before


def test_a_full_disk_makes_an_export_unavailable_and_leaves_nothing(exported):
    """A limit on the size of files stands in for the end of the disk; the export process inherits it."""
    before, limits = sorted(exported.parent.iterdir()), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, limits[1]))
    try:
        with pytest.raises(Unavailable, match="cache folder .* Free some space") as caught:
            onnx_files.onnx_file(dataclasses.replace(network(), seed=3), "fp32")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "\n" not in str(caught.value)
    assert sorted(exported.parent.iterdir()) == before


EXPORT = """
from toolkit.models.onnx_files import onnx_file
from toolkit.contracts.operation import OPERATIONS
fsrcnn = OPERATIONS["fsrcnn"]
onnx_file(fsrcnn.network_of(fsrcnn.resolve({"weights": "untrained", "scale": 4})), "fp32")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process outlives its parent")
def test_an_export_whose_caller_is_killed_ends_too_and_what_it_leaves_is_swept(
    exported, monkeypatch, pytestconfig
):
    caller = subprocess.Popen([sys.executable, "-c", EXPORT], cwd=pytestconfig.rootpath)
    export: list[psutil.Process] = []
    while not export and caller.poll() is None:
        export = psutil.Process(caller.pid).children()
        time.sleep(0.01)
    caller.kill()
    caller.wait()
    assert psutil.wait_procs(export, timeout=60)[1] == []
    (left,) = exported.parent.glob(".making-*")
    assert [file.name for file in left.iterdir()] == ["spec.json"]  # it did not come to write its file

    for age_s in (0, 3600):
        os.utime(left, (time.time() - age_s,) * 2)
        monkeypatch.setattr(onnx_files, "_TIME_LIMIT_S", 1.0)
        with pytest.raises(TrialFailed, match="took longer"):
            onnx_files.onnx_file(dataclasses.replace(network(), seed=2), "fp32")
        assert left.exists() == (age_s == 0)


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.999])
def test_half_an_export_in_the_cache_is_made_anew(exported, kept):
    whole = onnx_files.onnx_file(network(), "int8")
    content = whole.read_bytes()
    whole.write_bytes(content[: int(kept * len(content))])
    assert onnx_files.onnx_file(network(), "int8") == whole and whole.read_bytes() == content
