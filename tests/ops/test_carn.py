"""carn and carn_m: one file of weights each for three scales."""

from __future__ import annotations

import numpy as np
import pytest

import toolkit as tk
from toolkit.contracts.operation import OPERATIONS
from toolkit.core.errors import InvalidValue
from toolkit.images.super_resolution import degrade, psnr_y_db

each = pytest.mark.parametrize("name", ["carn", "carn_m"])


@each
def test_an_unsupported_scale_is_refused_in_one_sentence(name):
    with pytest.raises(InvalidValue, match=f"'scale' of {name} must be one of 2, 3, 4; got 6."):
        tk.apply(name, np.zeros((2, 2, 3), np.uint8), scale=6)


@each
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_one_file_has_every_scale(name, scale):
    operation = OPERATIONS[name]
    network = operation.network_of(operation.resolve({"scale": scale}))
    assert network.weights == f"{name}.pth" and network.scale == scale
    out = tk.apply(name, np.zeros((3, 5, 3), np.uint8), scale=scale, weights="untrained", backend="torch")
    assert out.shape == (3 * scale, 5 * scale, 3)


def test_with_published_weights_it_is_better_than_bicubic(real_weights, monkeypatch):
    monkeypatch.setenv("ATELIER_WEIGHTS", str(real_weights))
    truth = np.ascontiguousarray(tk.photo("chelsea")[60:180, 100:260])
    small = degrade(truth, 4)
    ours = tk.apply("carn_m", small, scale=4, backend="torch")
    assert (
        psnr_y_db(ours, truth, border_px=4)
        > psnr_y_db(tk.apply("bicubic", small, scale=4), truth, border_px=4) + 0.5
    )
