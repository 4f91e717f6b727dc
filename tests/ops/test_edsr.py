"""EDSR in its two sizes, and the mobile one's published 8-bit graph."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import toolkit as tk
from toolkit.contracts.operation import OPERATIONS
from toolkit.core.errors import InvalidValue, Unavailable
from toolkit.images.super_resolution import cut_to_multiple, degrade, psnr_y_db

EDSR = OPERATIONS["edsr"]


def test_the_mobile_model_has_one_scale():
    with pytest.raises(InvalidValue, match="'scale' of edsr must be 2"):
        tk.apply("edsr", np.zeros((2, 2, 3), np.uint8), model="mobile", scale=3)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_each_scale_of_the_large_model_has_a_weights_file(scale):
    network = EDSR.network_of(EDSR.resolve({"scale": scale}))
    assert network.weights == f"EDSR_x{scale}.pb" and network.scale == scale
    assert EDSR.shape(5, 7, EDSR.resolve({"scale": scale})) == (5 * scale, 7 * scale, 3)


def test_without_weights_it_is_unavailable(monkeypatch, tmp_path):
    monkeypatch.delenv("ATELIER_WEIGHTS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(
        Unavailable, match=r"'EDSR_x3\.pb' are not on this machine; source Saafke/EDSR_Tensorflow"
    ):
        tk.apply("edsr", np.zeros((2, 2, 3), np.uint8), scale=3)


def test_the_published_8_bit_graph_reaches_its_figure_on_set5(real_weights, test_images, monkeypatch):
    pytest.importorskip("openvino")
    monkeypatch.setenv("ATELIER_WEIGHTS", str(real_weights))
    found = []
    for path in sorted((test_images / "set5").glob("*.png")):
        truth = cut_to_multiple(cv2.imread(str(path)), 2)
        out = tk.apply("edsr", degrade(truth, 2), model="mobile", backend="openvino", precision="int8")
        found.append(psnr_y_db(out, truth, border_px=2))
    assert np.mean(found) == pytest.approx(37.48, abs=0.05)  # in fp32 37.66
