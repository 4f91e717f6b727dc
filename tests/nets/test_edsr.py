"""EDSR made of the layers of published graphs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.nets.tensors import tensors_of
from toolkit.nets import edsr


@pytest.mark.parametrize(("scale", "parameters"), [(2, 38_390_028), (3, 38_424_603), (4, 38_473_008)])
def test_edsr_of_opencv_takes_the_layers_of_its_graph_in_their_order(scale, parameters):
    filters, blocks = 256, 32
    with torch.device("meta"):  # shapes only: no 160 MB of numbers
        module = edsr.build(scale=scale)
    assert sum(value.numel() for value in module.state_dict().values()) == parameters

    small = edsr.build(scale=scale, blocks=2, filters=4, residual_scale=0.1)
    convs = [(4, 3), *[(4, 4)] * 5, (3 * scale**2, 4)]
    layers: dict[str, list[int]] = {}
    for index, (after, before) in enumerate(convs):
        layers |= {f"Conv2D_{index}": [after, before, 3, 3], f"add_{index}": [1, after]}
    state = edsr.state_from(tensors_of(layers))
    assert {k: v.shape for k, v in state.items()} == {
        k: tuple(v.shape) for k, v in small.state_dict().items()
    }
    assert state["body.1.conv1.bias"][0] == tensors_of(layers)["add_3"][0, 0]
    assert (filters, blocks) == (module.head.out_channels, len(module.body))


def test_edsr_orders_sub_pixels_as_tensorflow_wrote_them():
    # A convolution whose channel (row * 2 + column) * 3 + colour is that very number, whatever its input.
    scale = 2
    state = edsr.state_from({"head.weight": np.zeros(1), "up.bias": np.arange(12, dtype=np.float32)})
    shuffled = torch.nn.functional.pixel_shuffle(
        torch.from_numpy(state["up.bias"])[None, :, None, None], scale
    )
    for row in range(scale):
        for column in range(scale):
            wanted = [(row * scale + column) * 3 + colour for colour in range(3)]
            assert shuffled[0, :, row, column].tolist() == wanted
