"""An opened network: pictures of any size, tiles, refused outputs, and a model that is loaded for each picture."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tests.models.networks import ANIME, NETWORKS, PHOTO, runner
from toolkit.contracts.backend import BACKENDS, Placement
from toolkit.contracts.kernel import BuiltKernel
from toolkit.contracts.loaded_network import LoadedNetwork
from toolkit.contracts.operation import OPERATIONS
from toolkit.core.errors import InvalidValue, NotFinite, Unsupported
from toolkit.models import transforms

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


@pytest.mark.parametrize("tile", [0, 16])
@pytest.mark.parametrize("planted", [np.nan, np.inf, -np.inf])
def test_an_output_that_is_no_number_is_refused_and_no_black_picture(planted, tile):
    network = next(n for n in NETWORKS if n.halo is not None)

    def infer(tensor):
        output = runner(network)(tensor)
        output[0, -1, -1, -1] = planted
        return output

    with pytest.raises(NotFinite, match=f"network '{network.name}' must give finite numbers; it gave NaN"):
        LoadedNetwork(network, infer)(PHOTO, tile=tile)


@pytest.mark.parametrize("network", NETWORKS, ids=[net.name for net in NETWORKS])
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (17, 31)])
def test_any_size_gives_the_scaled_size_and_leaves_the_picture_alone(network, size):
    picture = PHOTO[: size[0], : size[1]].copy()
    before = picture.copy()
    out = LoadedNetwork(network, runner(network))(picture)
    assert out.dtype == np.uint8 and out.flags.c_contiguous
    assert out.shape == (size[0] * network.scale, size[1] * network.scale, 3)
    assert np.array_equal(picture, before)


@pytest.mark.parametrize("network", [n for n in NETWORKS if n.halo is not None], ids=lambda n: n.name)
def test_tiles_give_the_picture_of_the_whole(network):
    picture = np.random.default_rng(1).integers(0, 256, (20, 2 * network.halo + 30, 3), np.uint8)
    infer = runner(network)
    seen = []

    def counted(tensor):
        seen.append(tensor.shape)
        return infer(tensor)

    whole = LoadedNetwork(network, infer)(picture)
    tiled = LoadedNetwork(network, counted)(picture, tile=16)
    assert len(seen) >= 2 * 3 and len(set(seen)) == 1
    assert np.abs(whole.astype(int) - tiled).max() <= 1  # a last digit may round to the other level
    assert np.mean(whole != tiled) < 1e-3


@pytest.mark.parametrize("network", [n for n in NETWORKS if n.halo is not None], ids=lambda n: n.name)
def test_the_halo_is_the_reach_of_the_network(network):
    infer = runner(network)
    reach = network.halo
    middle, side = reach + 2, 2 * reach + 5
    channels = 1 if network.transform is transforms.luma else 3
    x = np.random.default_rng(2).random((1, channels, side, side), np.float32)

    def change(distance: int) -> float:
        """Largest change of the middle's output when everything beyond `distance` px is another picture."""
        other = np.random.default_rng(3).random(x.shape, np.float32)
        inside = np.s_[
            :, :, middle - distance : middle + distance + 1, middle - distance : middle + distance + 1
        ]
        other[inside] = x[inside]
        pixel = slice(middle * network.scale, (middle + 1) * network.scale)
        return float(np.abs(infer(x) - infer(other))[:, :, pixel, pixel].max())

    assert change(reach) <= 1e-5
    assert change(reach // 2) > 1e-5


def test_statistics_over_the_whole_picture_refuse_tiles_with_the_reason():
    with pytest.raises(
        Unsupported, match="animegan_paprika cannot be tiled: its normalisation takes statistics"
    ):
        LoadedNetwork(ANIME, lambda x: x)(PHOTO, tile=16)
