"""Group norms of one group are rewritten before OpenVINO compiles a graph, with the same result."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.backends import tiny_graphs as tiny
from toolkit.backends._openvino_graph import normalise_in_place
from toolkit.contracts.backend import BACKENDS, Placement

pytest.importorskip("openvino")
pytest.importorskip("onnx")


@pytest.mark.parametrize("groups", [1, 3])
def test_a_norm_of_groups_is_what_numpy_says(groups: int, tmp_path: Path) -> None:
    """The one of the whole picture is rewritten on the way; those of parts are not."""
    with BACKENDS["openvino"].session(Placement()) as runtime:
        infer = runtime.load(tiny.form(tiny.normalising(tmp_path / "norm.onnx", groups)))
        for image in (tiny.tensor(2, 9, 12), tiny.tensor(1, 5, 7)):
            np.testing.assert_allclose(infer(image), tiny.normalised(image, groups), atol=1e-5)


def test_a_whole_picture_is_normalised_without_making_a_row_of_it(tmp_path: Path) -> None:
    import openvino

    model = openvino.Core().read_model(tiny.normalising(tmp_path / "norm.onnx", 1))
    normalise_in_place(openvino, model)
    (norm,) = (node for node in model.get_ops() if node.get_type_name() == "MVN")
    assert norm.input(0).get_partial_shape().rank == 4
