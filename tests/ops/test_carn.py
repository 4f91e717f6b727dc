"""carn: one file of weights for three scales."""

from __future__ import annotations

import numpy as np
import pytest

import toolkit as tk
from toolkit.core.errors import InvalidValue
from toolkit.core.operation import OPERATIONS

OPERATION = OPERATIONS["carn"]


def test_a_scale_that_is_not_offered_is_one_sentence():
    with pytest.raises(InvalidValue, match="'scale' of carn must be one of 2, 3, 4; got 6."):
        tk.apply("carn", np.zeros((2, 2, 3), np.uint8), scale=6)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_one_file_has_every_scale(scale):
    network = OPERATION.network_of(OPERATION.resolve({"scale": scale}))
    assert network.weights == "carn.pth" and network.scale == scale
    out = tk.apply("carn", np.zeros((3, 5, 3), np.uint8), scale=scale, weights="untrained", backend="torch")
    assert out.shape == (3 * scale, 5 * scale, 3)
