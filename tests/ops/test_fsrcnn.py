"""FSRCNN: its declaration, agreement with dnn_superres, and pictures of unusual shapes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import toolkit as tk
from toolkit.contracts.operation import OPERATIONS
from toolkit.core.errors import InvalidValue, Unavailable
from toolkit.images.super_resolution import cut_to_multiple, degrade, psnr_y_db


def test_an_unsupported_scale_is_refused_in_one_sentence():
    with pytest.raises(
        InvalidValue, match="'scale' of fsrcnn must be one of 2, 3, 4; got 8. The default is 3."
    ):
        tk.apply("fsrcnn", np.zeros((2, 2, 3), np.uint8), scale=8)


def test_without_weights_it_names_source_and_checksum(monkeypatch, tmp_path):
    monkeypatch.delenv("ATELIER_WEIGHTS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(
        Unavailable, match=r"'FSRCNN-small_x2.pb' are not on this machine; source Saafke.*sha256:429e4"
    ):
        tk.apply("fsrcnn", np.zeros((2, 2, 3), np.uint8), scale=2, small=True, backend="torch")


@pytest.mark.parametrize("small", [False, True])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_torch_agrees_with_dnn_superres(real_weights, monkeypatch, scale, small):
    monkeypatch.setenv("ATELIER_WEIGHTS", str(real_weights))
    photo = np.ascontiguousarray(tk.photo("chelsea")[100:160, 100:190])
    ours, theirs = (
        tk.apply("fsrcnn", photo, scale=scale, small=small, backend=backend)
        for backend in ("torch", "opencv_dnn")
    )
    assert ours.shape == (60 * scale, 90 * scale, 3)
    assert np.abs(ours.astype(int) - theirs).max() <= 1


@pytest.mark.parametrize("backend", ["torch", "opencv_dnn"])
def test_set5_gives_the_figure_that_opencv_publishes(real_weights, test_images, monkeypatch, backend):
    monkeypatch.setenv("ATELIER_WEIGHTS", str(real_weights))
    found = []
    for path in sorted((test_images / "set5").glob("*.png")):
        truth = cut_to_multiple(cv2.imread(str(path)), 3)
        out = tk.apply("fsrcnn", degrade(truth, 3), scale=3, backend=backend)
        found.append(psnr_y_db(out, truth, border_px=3))
    assert np.mean(found) == pytest.approx(30.59, abs=0.02)


def test_a_strip_in_tiles_agrees_with_the_whole_strip():
    strip = np.random.default_rng(0).integers(0, 256, (1, 4000, 3), np.uint8)
    whole, tiled = (
        tk.apply("fsrcnn", strip, weights="untrained", backend="torch", tile=tile) for tile in (0, 256)
    )
    assert whole.shape == (3, 12_000, 3)
    assert np.abs(whole.astype(int) - tiled).max() <= 1


def test_reloading_the_model_gives_the_same_picture():
    photo = np.ascontiguousarray(tk.photo("chelsea")[:20, :30])
    once, anew = (
        tk.apply("fsrcnn", photo, weights="untrained", backend="torch", reload=reload)
        for reload in (False, True)
    )
    assert np.array_equal(once, anew)


def test_its_baseline_has_the_same_output_size():
    params = {"scale": 4}
    shapes = {
        OPERATIONS[name].shape(5, 7, OPERATIONS[name].resolve(params)) for name in ("fsrcnn", "bicubic")
    }
    assert shapes == {(20, 28, 3)}
