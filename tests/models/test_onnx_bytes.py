"""Complete and truncated ONNX files, and files with external weights, are recognised without onnx."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from toolkit.models.onnx_bytes import data_files, is_whole

onnx = pytest.importorskip("onnx", reason="the graphs are written with onnx")


def graph(folder: Path, **save: object) -> Path:
    """A graph of two tensors."""
    values = [
        onnx.numpy_helper.from_array(np.full(400, n, np.float32), f"{'long name ' * 20}{n}") for n in range(2)
    ]
    shape = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [400])
    node = onnx.helper.make_node("Add", [values[0].name, values[1].name], ["x"])
    model = onnx.helper.make_model(onnx.helper.make_graph([node], "sum", [], [shape], values))
    onnx.save(model, folder / "net.onnx", **save)
    return folder / "net.onnx"


def test_a_file_is_whole_at_its_full_length_only(tmp_path):
    path = graph(tmp_path)
    content = path.read_bytes()
    assert is_whole(path) and len(content) > 3000
    model = onnx.load_model_from_string(content)
    for length in range(0, len(content), 7):
        path.write_bytes(content[:length])
        assert not is_whole(path)
    del model.opset_import[:]  # what is written behind the graph
    path.write_bytes(model.SerializeToString())
    assert is_whole(path)


@pytest.mark.parametrize("content", [b"", b"\0" * 500, b"no graph at all", b"\xff" * 40, b"\x08\x08"])
def test_other_files_are_not_whole(tmp_path, content):
    (tmp_path / "net.onnx").write_bytes(content)
    assert not is_whole(tmp_path / "net.onnx")
    assert not is_whole(tmp_path / "absent.onnx") and not is_whole(tmp_path)


@pytest.mark.parametrize("name", ["params.bin", "weights/" + "long" * 40 + ".data"])
@pytest.mark.parametrize("together", [True, False])
def test_files_that_hold_weights_are_found_whatever_their_name(tmp_path, name, together):
    (tmp_path / "weights").mkdir()
    (tmp_path / "other.bin").write_bytes(b"not of this graph")
    where = {"location": name} if together else {}
    path = graph(
        tmp_path, save_as_external_data=True, all_tensors_to_one_file=together, size_threshold=0, **where
    )
    found = data_files(path)
    assert len(found) == (1 if together else 2) and all(file.stat().st_size >= 1600 for file in found)
    found[0].unlink()
    assert data_files(path) == found[1:]


def test_a_graph_that_holds_its_weights_names_no_file(tmp_path):
    path = graph(tmp_path)
    assert data_files(path) == []
    path.write_bytes(path.read_bytes() + b"\x0a\x08location\x12\x05a\0b.c" + b"\x0a\x08location\x12")
    assert data_files(path) == []
