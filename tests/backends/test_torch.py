"""PyTorch: every option gives the same picture, and missing parts of the machine are named before anything runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.backends.tiny_torch import PHOTO, eager, edsr
from toolkit.bench.agreement import agreement
from toolkit.contracts.backend import BACKENDS, Placement
from toolkit.contracts.loaded_network import Form, LoadedNetwork
from toolkit.contracts.measurement import Agreement
from toolkit.contracts.tolerance import NETWORK_TOLERANCES
from toolkit.core.errors import Unavailable
from toolkit.models import network_files
from toolkit.models.network import Network

torch = pytest.importorskip("torch")


def form(network: Network, precision: str = "fp32") -> Form:
    return Form(network=network, format="torch", source=network_files.module(network), precision=precision)


def placement(precision: str = "fp32", **options) -> Placement:
    return Placement(threads=2, precision=precision, options=tuple(sorted(options.items())))


@contextmanager
def session(precision: str = "fp32", **options) -> Iterator[Any]:
    with ExitStack() as stack:
        try:
            runtime = stack.enter_context(BACKENDS["torch"].session(placement(precision, **options)))
        except Unavailable as error:
            if precision == "fp32":
                raise
            pytest.skip(str(error))
        yield runtime


def picture(network: Network, precision: str = "fp32", **options) -> np.ndarray:
    with session(precision, **options) as runtime:
        return LoadedNetwork(network, runtime.load(form(network, precision)))(PHOTO)


def agrees(output: np.ndarray, reference: np.ndarray, precision: str) -> Agreement:
    found = agreement(output, reference, tolerance=NETWORK_TOLERANCES[precision], backend="torch")
    assert found.agrees, found
    return found


def test_gives_what_the_module_gives_for_any_batch_and_size():
    network = edsr()
    module = network_files.module(network)
    with session() as runtime:
        infer = runtime.load(form(network))
        for shape in [(1, 3, 1, 1), (3, 3, 5, 7), (1, 3, 8, 2)]:
            tensor = np.random.default_rng(1).random(shape, np.float32) * 255
            given = tensor.copy()
            output = infer(tensor)
            assert output.dtype == np.float32 and output.flags.c_contiguous
            assert np.array_equal(output, module(torch.from_numpy(given)).numpy())
            assert np.array_equal(tensor, given)


def test_takes_arrays_that_are_read_only_or_not_contiguous():
    network = edsr()
    tensor = np.random.default_rng(1).random((1, 6, 6, 3), np.float32).transpose(0, 3, 1, 2)
    fixed = np.ascontiguousarray(tensor)
    with session() as runtime:
        infer = runtime.load(form(network))
        expected = infer(fixed)
        fixed.flags.writeable = False
        assert np.array_equal(infer(fixed), expected)
        assert np.array_equal(infer(tensor), expected)


@pytest.mark.parametrize("layout", [False, True])
@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_precisions_and_layouts_agree_with_fp32(precision, layout):
    network = edsr()
    output = picture(network, precision, channels_last=layout)
    found = agrees(output, picture(network), precision)
    assert precision == "fp32" or found.max_abs > 0  # it did run in that precision


def test_the_given_module_does_not_change():
    network = edsr()
    given = form(network, "bf16")
    with session("bf16", channels_last=True) as runtime:
        runtime.load(given)
    assert {values.dtype for values in given.source.parameters()} == {torch.float32}


def test_runs_without_gradients_in_any_thread():
    network = edsr()
    done = []
    with session() as runtime:
        loaded = LoadedNetwork(network, runtime.load(form(network)))
        thread = threading.Thread(target=lambda: done.append(loaded(PHOTO)))
        thread.start()
        thread.join()
        assert np.array_equal(done[0], loaded(PHOTO))


def test_compiled_gives_the_same_picture_for_each_size_and_is_kept_on_disk(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    backend, network = BACKENDS["torch"], edsr()
    try:
        backend.check(placement(compile=True))
    except Unavailable as error:
        pytest.skip(str(error))
    seen = []
    for _ in range(2):
        torch._dynamo.reset()  # as a new process: nothing but the folder is left
        with backend.session(placement(compile=True)) as runtime:
            loaded = LoadedNetwork(network, runtime.load(form(network)))
            assert backend.observed()["compiled_sizes"] == 0
            for image in (PHOTO, PHOTO, PHOTO[:9].copy()):
                agrees(loaded(image), eager(network, image), "fp32")
            seen.append(dict(backend.observed()))
    assert [said["compiled_sizes"] for said in seen] == [2, 2]
    assert [said["cache"] for said in seen] == ["cold", "warm"]


def test_observed_lists_threads_device_and_processor():
    with session() as runtime:
        runtime.load(form(edsr()))
        said = BACKENDS["torch"].observed()
    assert said["threads"] == 2 and said["device"] == "cpu"
    assert said["interop_threads"] >= 1 and said["cpu_capability"]


def test_only_option_compile_has_a_cold_environment(tmp_path):
    backend = BACKENDS["torch"]
    assert backend.cold_environment(placement(), tmp_path) == {}
    assert backend.cold_environment(placement(compile=True), tmp_path) == {
        "TORCHINDUCTOR_CACHE_DIR": str(tmp_path)
    }


def test_cuda_graphs_need_a_gpu():
    with pytest.raises(Unavailable, match="'cuda_graphs' of torch needs device cuda; got 'cpu'"):
        BACKENDS["torch"].check(placement(cuda_graphs=True))


def test_a_missing_compiler_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(Unavailable, match="needs a C.. compiler, and 'no-such-compiler' .* apt-get install"):
        BACKENDS["torch"].check(placement(compile=True))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_missing_gpu_is_refused_when_the_session_opens():
    with (
        pytest.raises(Unavailable, match="device 'cuda' of backend torch is not available: "),
        BACKENDS["torch"].session(Placement(device="cuda")),
    ):
        pass


def test_out_of_memory_is_the_builtin_error():
    resource = pytest.importorskip("resource")
    network = edsr()
    tensor = np.zeros((1, 3, 2048, 2048), np.float32)
    with session() as runtime:
        infer = runtime.load(form(network))
        infer(tensor[:, :, :64, :64])  # threads and their stacks are there
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limits = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 2**26, limits[1]))
        try:
            with pytest.raises(MemoryError, match="edsr_tiny.*out of memory"):
                infer(tensor)  # 128 MB of features
        finally:
            resource.setrlimit(resource.RLIMIT_AS, limits)
