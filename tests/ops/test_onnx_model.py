"""A network of the user's own: an ONNX file, and the errors for a file that does not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import toolkit as tk
from tests.bench.planted import SHORT
from toolkit.bench.measure import measure
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.identity import source_id
from toolkit.contracts.operation import OPERATIONS
from toolkit.core.errors import AtelierError, EmptyPicture, InvalidValue, NotFinite, Unavailable, Unsupported

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

PICTURE = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)


def written(folder: Path, nodes: list, *, channels: int = 3, size: tuple = ("rows", "columns")) -> Path:
    """A graph from ``image`` to ``output``."""
    make, kind = onnx.helper, onnx.TensorProto.FLOAT
    given = make.make_tensor_value_info("image", kind, [1, channels, *size])
    made = make.make_tensor_value_info("output", kind, [None] * 4)
    graph = make.make_graph(nodes, "own", [given], [made])
    file = folder / "own.onnx"
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, file)
    return file


def node(kind: str, **attributes):
    return onnx.helper.make_node(kind, ["image"], ["output"], **attributes)


@pytest.fixture
def identity(tmp_path) -> Path:
    return written(tmp_path, [node("Identity")])


@pytest.mark.parametrize("levels", ["unit", "signed", "bytes"])
@pytest.mark.parametrize("order", ["rgb", "bgr"])
def test_the_identity_network_returns_the_picture(identity, levels, order):
    out = tk.apply("onnx_model", PICTURE, file=str(identity), levels=levels, order=order)
    assert np.array_equal(out, PICTURE)


@pytest.mark.parametrize("backend", ["onnxruntime", "openvino", "opencv_dnn"])
@pytest.mark.parametrize(("levels", "expected"), [("unit", "clipped"), ("bytes", "negative")])
def test_levels_decide_what_the_network_sees(tmp_path, backend, levels, expected):
    file = written(tmp_path, [node("Relu" if expected == "clipped" else "Neg")])
    out = tk.apply("onnx_model", PICTURE, file=str(file), levels=levels, backend=backend)
    assert np.array_equal(out, PICTURE if expected == "clipped" else np.zeros_like(PICTURE))


def test_channels_are_in_the_declared_order(tmp_path):
    first = onnx.helper.make_node("Split", ["image"], ["a", "b", "c"], axis=1, num_outputs=3)
    thrice = onnx.helper.make_node("Concat", ["a", "a", "a"], ["output"], axis=1)
    file = written(tmp_path, [first, thrice])
    for order, channel in (("rgb", 2), ("bgr", 0)):
        out = tk.apply("onnx_model", PICTURE, file=str(file), order=order)
        assert np.array_equal(out, PICTURE[..., [channel] * 3])


def test_a_scale_enlarges_and_a_wrong_scale_is_refused(tmp_path):
    nodes = [
        onnx.helper.make_node("Concat", ["image"] * 4, ["four"], axis=1),
        onnx.helper.make_node("DepthToSpace", ["four"], ["output"], blocksize=2, mode="DCR"),
    ]
    file = str(written(tmp_path, nodes))
    out = tk.apply("onnx_model", PICTURE, file=file, scale=2)
    assert np.array_equal(out, PICTURE.repeat(2, axis=0).repeat(2, axis=1))
    with pytest.raises(InvalidValue, match="'own' must give 7 x 5 px at scale 1; it gave 14 x 10 px."):
        tk.apply("onnx_model", PICTURE, file=file)


def test_a_missing_file_is_refused_in_one_sentence():
    for file, got in (("", "none"), ("nowhere.onnx", "'nowhere.onnx'")):
        with pytest.raises(InvalidValue, match=f"'file' must be .* ONNX file; got {got}"):
            tk.apply("onnx_model", PICTURE, file=file)


@pytest.mark.parametrize("backend", ["onnxruntime", "openvino", "opencv_dnn"])
def test_a_file_of_another_kind_is_refused_in_one_sentence(tmp_path, backend):
    file = tmp_path / "letter.onnx"
    file.write_text("Dear all,\n")
    with pytest.raises(AtelierError, match="letter.onnx") as said:
        tk.apply("onnx_model", PICTURE, file=str(file), backend=backend)
    assert isinstance(said.value, InvalidValue | Unsupported) and "\n" not in str(said.value)


def test_a_network_with_one_input_channel_is_refused(tmp_path):
    file = written(tmp_path, [node("Identity")], channels=1)
    with pytest.raises(
        InvalidValue, match=r"own.onnx must be given an input \(1, 1, any, any\); got \(1, 3, 5, 7\)"
    ):
        tk.apply("onnx_model", PICTURE, file=str(file))


def test_a_network_for_another_size_is_refused(tmp_path):
    file = written(tmp_path, [node("Identity")], size=(8, 8))
    with pytest.raises(
        InvalidValue, match=r"own.onnx must be given an input \(1, 3, 8, 8\); got \(1, 3, 5, 7\)"
    ):
        tk.apply("onnx_model", PICTURE, file=str(file))


@pytest.mark.parametrize("backend", ["onnxruntime", "openvino", "opencv_dnn"])
@pytest.mark.parametrize("size", [(7, 3), ("columns", 3)])
def test_a_network_with_channels_last_is_refused_with_a_hint(tmp_path, backend, size):
    file = written(tmp_path, [node("Identity")], channels=5, size=size)
    with pytest.raises(
        AtelierError, match=r"channels come last \(N, H, W, C\); export the model with \(N, C, H, W\)"
    ):
        tk.apply("onnx_model", PICTURE, file=str(file), backend=backend)


def test_an_output_with_six_channels_is_refused(tmp_path):
    file = written(tmp_path, [onnx.helper.make_node("Concat", ["image"] * 2, ["output"], axis=1)])
    with pytest.raises(InvalidValue, match="must give 3 channels; got 6"):
        tk.apply("onnx_model", PICTURE, file=str(file))


def test_tiles_and_untrained_weights_are_refused(identity):
    with pytest.raises(Unsupported, match="own cannot be tiled"):
        tk.apply("onnx_model", PICTURE, file=str(identity), tile=4)
    with pytest.raises(Unavailable, match="own is published as a graph only"):
        tk.apply("onnx_model", PICTURE, file=str(identity), weights="untrained")


def test_torch_is_refused_with_the_other_backends(identity):
    with pytest.raises(
        Unsupported, match="cannot run on backend 'torch'; it runs on onnxruntime, opencv_dnn, openvino"
    ):
        tk.apply("onnx_model", PICTURE, file=str(identity), backend="torch")
    assert OPERATIONS["onnx_model"].reference_of(OPERATIONS["onnx_model"].resolve({})) == "onnxruntime"


def test_weights_in_a_second_file_change_the_source_hash(tmp_path):
    """torch.onnx writes them there: a network that is trained on has the same graph, byte for byte."""
    ones = np.ones((3, 1, 1, 1), np.float32)
    file = tmp_path / "own.onnx"

    def save(factor: float) -> str:
        model = onnx.load(
            written(tmp_path, [onnx.helper.make_node("Conv", ["image", "w"], ["output"], group=3)])
        )
        model.graph.initializer.append(onnx.numpy_helper.from_array(ones * np.float32(factor), "w"))
        onnx.save(model, file, save_as_external_data=True, location="trained.bin", size_threshold=0)
        return source_id(make_trial("onnx_model", "onnxruntime", params={"file": str(file)}))

    first, graph = save(1.0), file.read_bytes()
    (tmp_path / "trained.bin").unlink()
    second = save(0.5)
    assert file.read_bytes() == graph and second != first
    (tmp_path / "own.txt").write_text("notes")
    assert source_id(make_trial("onnx_model", "onnxruntime", params={"file": str(file)})) == second


PHOTO = np.random.default_rng(1).integers(3, 253, (16, 16, 3), np.uint8)
RUNTIMES = pytest.mark.parametrize("backend", ["onnxruntime", "openvino", "opencv_dnn"])


def cast(folder: Path, *, of_input: str = "FLOAT", of_output: str = "FLOAT") -> str:
    """A graph that multiplies by 255 and converts, with pictures of these types."""
    make, kinds = onnx.helper, onnx.TensorProto
    given = make.make_tensor_value_info("image", getattr(kinds, of_input), [1, 3, "rows", "columns"])
    made = make.make_tensor_value_info("output", getattr(kinds, of_output), [1, 3, "rows", "columns"])
    nodes = [
        make.make_node("Cast", ["image"], ["wide"], to=kinds.FLOAT),
        make.make_node("Mul", ["wide", "factor"], ["scaled"]),
        make.make_node("Cast", ["scaled"], ["output"], to=getattr(kinds, of_output)),
    ]
    factor = onnx.numpy_helper.from_array(np.float32(255), "factor")
    graph = make.make_graph(nodes, "own", [given], [made], [factor])
    file = folder / "cast.onnx"
    onnx.save(make.make_model(graph, opset_imports=[make.make_opsetid("", 18)], ir_version=9), file)
    return str(file)


@RUNTIMES
@pytest.mark.parametrize("kind", ["UINT8", "INT8", "INT32", "INT64", "FLOAT16", "DOUBLE"])
def test_pictures_of_other_numbers_are_refused_alike(tmp_path, backend, kind):
    named = {"DOUBLE": "float64"}.get(kind, kind.lower())
    for noun in ("input", "output"):
        file = cast(tmp_path, **{f"of_{noun}": kind})
        with pytest.raises(InvalidValue, match=f"must have a float32 {noun} .*; got {named}"):
            tk.apply("onnx_model", PHOTO, file=file, backend=backend)


@RUNTIMES
def test_levels_of_the_output_may_differ_from_those_of_the_input(tmp_path, backend):
    file = cast(tmp_path)
    out = tk.apply("onnx_model", PHOTO, file=file, output_levels="bytes", backend=backend)
    assert np.array_equal(out, PHOTO)
    with pytest.raises(EmptyPicture, match="output_levels"):
        tk.apply("onnx_model", PHOTO, file=file, backend=backend)


@RUNTIMES
def test_a_network_of_a_constant_is_a_failure(tmp_path, backend):
    file = str(written(tmp_path, [onnx.helper.make_node("Sub", ["image", "image"], ["output"])]))
    with pytest.raises(EmptyPicture, match="100.0% black"):
        tk.apply("onnx_model", PHOTO, file=file, backend=backend)
    black = np.zeros_like(PHOTO)
    assert np.array_equal(tk.apply("onnx_model", black, file=file, backend=backend), black)


@RUNTIMES
def test_numbers_that_are_not_finite_are_a_failure(tmp_path, backend):
    file = str(written(tmp_path, [node("Log")]))
    with pytest.raises(NotFinite, match="NaN or infinity"):
        tk.apply("onnx_model", PHOTO * np.uint8(0), file=file, backend=backend)


@pytest.mark.usefixtures("own_cache_and_lock")
def test_an_empty_picture_fails_in_a_measurement(tmp_path):
    wrong, right = (
        measure(make_trial("onnx_model", params={"file": cast(tmp_path), **given}, size=(64, 48)), plan=SHORT)
        for given in ({}, {"output_levels": "bytes"})
    )
    assert (wrong.status, wrong.cause, right.status) == ("failed", "empty picture", "ok")
    assert wrong.agreement is not None and wrong.agreement.agrees and wrong.samples_s
    assert "output_levels" in wrong.note
