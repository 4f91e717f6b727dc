"""A model that is loaded anew for each picture: the picture is the same, and a call holds what a service would do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from toolkit.contracts.backend import BACKENDS, Placement
from toolkit.contracts.kernel import BuiltKernel
from toolkit.contracts.operation import OPERATIONS
from toolkit.core.errors import InvalidValue, Unsupported

PICTURE = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)


@contextmanager
def built(operation: str, backend: str, *, options: tuple = (), **params: object) -> Iterator[BuiltKernel]:
    pytest.importorskip(BACKENDS[backend].module)
    op = OPERATIONS[operation]
    with BACKENDS[backend].session(Placement(options=options)) as runtime:
        yield op.build(BACKENDS[backend], runtime, op.resolve(params))


@pytest.mark.parametrize("operation", ["fsrcnn", "anime"])
def test_drawn_weights_stay_those_that_were_drawn(operation: str) -> None:
    with built(operation, "torch", weights="untrained") as kept:
        once = kept(PICTURE)
    with built(operation, "torch", weights="untrained", reload=True) as anew:
        assert np.array_equal(anew(PICTURE), once) and np.array_equal(anew(PICTURE), once)


def test_the_file_is_opened_at_each_call(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    ends = [
        onnx.helper.make_tensor_value_info(name, 1, [1, 3, "rows", "columns"]) for name in ("image", "output")
    ]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Identity", ["image"], ["output"])], "own", ends[:1], ends[1:]
    )
    file = tmp_path / "own.onnx"
    onnx.save(
        onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=9), file
    )
    with (
        built("onnx_model", "onnxruntime", file=str(file), reload=True) as anew,
        built("onnx_model", "onnxruntime", file=str(file)) as kept,
    ):
        assert np.array_equal(anew(PICTURE), PICTURE)
        file.unlink()
        assert np.array_equal(kept(PICTURE), PICTURE)
        with pytest.raises(InvalidValue, match="own.onnx"):
            anew(PICTURE)


@pytest.mark.parametrize("backend", ["torch", "opencv_dnn"])
def test_published_weights_are_sought_and_checked_once(
    backend: str, real_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with built("fsrcnn", backend, reload=True) as anew:
        first = anew(PICTURE)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        monkeypatch.delenv("ATELIER_WEIGHTS")
        assert np.array_equal(anew(PICTURE), first)


def test_it_has_stages_too_and_loading_is_in_them() -> None:
    with built("fsrcnn", "torch", weights="untrained", reload=True) as anew:
        assert anew.network is not None
        network = anew.network.network
        made = network.finish(anew.network.infer(network.prepare(PICTURE)), PICTURE)
        assert np.array_equal(made, anew(PICTURE))
    with built("fsrcnn", "torch", weights="untrained", reload=True, tile=16) as tiled:
        assert tiled.network is None


def test_what_is_compiled_is_not_loaded_anew() -> None:
    with (
        pytest.raises(
            Unsupported, match="'reload' of fsrcnn_x3 must be false on torch here: option 'compile'"
        ),
        built("fsrcnn", "torch", options=(("compile", True),), weights="untrained", reload=True),
    ):
        pass
