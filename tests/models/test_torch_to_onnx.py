"""Exported graphs accept any size and batch, give the same numbers in other runtimes, and need no other file."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from toolkit.models import loading
from toolkit.models.torch_to_onnx import export

pytest.importorskip("onnx")
pytest.importorskip("onnxscript")


def test_a_graph_takes_any_size_and_batch_and_agrees(tmp_path, capfd):
    onnxruntime = pytest.importorskip("onnxruntime")
    module = loading.seeded("fsrcnn", {"scale": 3, "small": True}, 0)
    path = tmp_path / "net.onnx"
    export(module, path, channels=1)
    assert [file.name for file in tmp_path.iterdir()] == ["net.onnx"]
    said = capfd.readouterr()
    assert said.out == "" and said.err == ""

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for shape in [(1, 1, 1, 1), (1, 1, 17, 31), (3, 1, 8, 20)]:
        x = np.random.default_rng(0).random(shape, np.float32)
        with torch.inference_mode():
            expected = module(torch.from_numpy(x)).numpy()
        (got,) = session.run(["output"], {"image": x})
        np.testing.assert_allclose(got, expected, atol=1e-5)


def test_opencv_reads_a_graph_with_a_multiple(tmp_path):
    import cv2

    module = loading.seeded("unet_matting", {"width": 4, "depth": 2}, 0)
    export(module, tmp_path / "net.onnx", channels=3, multiple=4)
    net = cv2.dnn.readNetFromONNX(str(tmp_path / "net.onnx"))
    x = np.random.default_rng(0).random((1, 3, 12, 20), np.float32)
    net.setInput(x)
    with torch.inference_mode():
        np.testing.assert_allclose(net.forward(), module(torch.from_numpy(x)).numpy(), atol=1e-5)


def test_a_fixed_size_is_written_as_it_is(tmp_path):
    import onnx

    module = loading.seeded("espcn", {"scale": 2}, 0)
    export(module, tmp_path / "net.onnx", channels=1, size=(24, 16))
    (image,) = onnx.load(tmp_path / "net.onnx").graph.input
    assert [dim.dim_value for dim in image.type.tensor_type.shape.dim] == [1, 1, 24, 16]


def test_a_failed_export_leaves_nothing(tmp_path):
    module = loading.seeded("unet_matting", {"width": 4, "depth": 2}, 0)
    with pytest.raises(Exception, match=r"(?s)."):
        export(module, tmp_path / "net.onnx", channels=5)
    assert list(tmp_path.iterdir()) == []
