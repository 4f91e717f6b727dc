"""LapSRN, which runs through dnn_superres only."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import toolkit as tk
from toolkit.core.errors import InvalidValue, Unavailable, Unsupported
from toolkit.images.super_resolution import cut_to_multiple, degrade, psnr_y_db


def test_x3_is_not_published():
    with pytest.raises(InvalidValue, match="'scale' of lapsrn must be one of 2, 4; got 3."):
        tk.apply("lapsrn", np.zeros((2, 2, 3), np.uint8), scale=3)


def test_other_backends_are_refused_and_there_is_no_untrained_form():
    picture = np.zeros((2, 2, 3), np.uint8)
    with pytest.raises(Unsupported, match="cannot run on backend 'onnxruntime'; it runs on opencv_dnn."):
        tk.apply("lapsrn", picture, backend="onnxruntime")
    with pytest.raises(Unavailable, match="lapsrn_x2 is published as a graph only"):
        tk.apply("lapsrn", picture, weights="untrained")


@pytest.mark.parametrize(("scale", "figure_db"), [(2, 34.47), (4, 28.74)])
def test_set5_gives_the_figure_of_the_published_graph(
    real_weights, test_images, monkeypatch, scale, figure_db
):
    monkeypatch.setenv("ATELIER_WEIGHTS", str(real_weights))
    found = []
    for path in sorted((test_images / "set5").glob("*.png")):
        truth = cut_to_multiple(cv2.imread(str(path)), scale)
        found.append(
            psnr_y_db(tk.apply("lapsrn", degrade(truth, scale), scale=scale), truth, border_px=scale)
        )
    assert np.mean(found) == pytest.approx(figure_db, abs=0.02)  # bicubic gives 33.67 and 28.43
