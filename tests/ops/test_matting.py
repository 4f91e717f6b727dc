"""Mattes: processing of a network's output, presets, and quality of published networks."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

import toolkit as tk
from toolkit.contracts.operation import OPERATIONS
from toolkit.core.errors import InvalidValue, Unavailable, UnknownName, Unsupported

MATTING = OPERATIONS["matting"]
PHOTO = np.ascontiguousarray(tk.photo("astronaut")[:300, 60:360])
SIDE = 256


def disc(*, soft: float = 0.0) -> np.ndarray:
    """A network's output: 1 in a disc, falling to 0 over `soft` of its radius."""
    rows, columns = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    distance = np.hypot(rows, columns) / (SIDE / 4)
    alpha = (
        (distance < 1).astype(np.float32) if not soft else np.clip((1 + soft - distance) / (2 * soft), 0, 1)
    )
    return alpha.astype(np.float32)[None, None]


def made_of(matte: np.ndarray, image: np.ndarray = PHOTO, **given) -> np.ndarray:
    return MATTING.network_of(MATTING.resolve({"output": "alpha", **given})).finish(matte, image)


def test_the_matte_has_the_pictures_size_and_rounds():
    alpha = made_of(np.full((1, 1, SIDE, SIDE), 0.5, np.float32))
    assert alpha.shape == (300, 300, 1) and (alpha == 128).all()
    wild = made_of(np.array([-3.0, 7.0], np.float32).repeat(SIDE * SIDE // 2).reshape(1, 1, SIDE, SIDE))
    assert (wild[:100] == 0).all() and (wild[-100:] == 255).all()


def test_a_threshold_leaves_only_0_and_255():
    soft = made_of(disc(soft=0.5))
    hard = made_of(disc(soft=0.5), alpha_threshold=0.5)
    assert len(np.unique(soft)) > 100
    assert np.unique(hard).tolist() == [0, 255]
    assert np.array_equal(hard == 255, soft > 127.5)


def test_a_floor_clears_faint_alpha_and_leaves_the_rest_soft():
    soft, floored = made_of(disc(soft=0.5)), made_of(disc(soft=0.5), alpha_floor=15)
    assert ((soft > 0) & (soft < 15)).any()
    assert np.array_equal(floored, np.where(soft < 15, 0, soft))


def test_eroding_moves_the_edge_by_the_given_number_of_pixels():
    middle = slice(150, 151)
    before, after = (int((made_of(disc(), erode=px)[middle] > 127).sum()) for px in (0, 5))
    assert before - after == 2 * 5


def test_feathering_softens_the_edge_and_leaves_the_rest():
    hard, soft = made_of(disc()), made_of(disc(), feather=6.0)
    assert soft[150, 150] == 255 and soft[0, 0] == 0
    assert len(np.unique(soft)) > len(np.unique(hard)) + 20


def test_a_cutout_is_the_picture_with_the_matte():
    cutout = made_of(disc(soft=0.5), output="cutout")
    assert np.array_equal(cutout[..., :3], PHOTO)
    assert np.array_equal(cutout[..., 3:], made_of(disc(soft=0.5)))


def test_a_composite_is_the_weighted_mean_of_picture_and_colour():
    composite = made_of(disc(soft=0.5), output="composite", background="#ff8000")
    weight = made_of(disc(soft=0.5)) / 255
    expected = PHOTO * weight + np.array([0x00, 0x80, 0xFF]) * (1 - weight)  # BGR
    assert np.abs(composite - expected).max() <= 0.5 + 1e-4
    by_name = made_of(disc(), output="composite", background="navy")
    assert by_name[0, 0].tolist() == [128, 0, 0]


@pytest.mark.parametrize(("output", "channels"), [("alpha", 1), ("cutout", 4), ("composite", 3)])
@pytest.mark.parametrize("size", [(1, 1), (1, 400), (2, 3)])
def test_any_size_and_output_has_the_promised_shape(output, channels, size):
    image = np.ascontiguousarray(PHOTO[: size[0]].repeat(2, axis=1)[:, : size[1]])
    params = MATTING.resolve({"output": output, "erode": 3, "feather": 2.0, "alpha_threshold": 0.4})
    out = MATTING.network_of(params).finish(disc(), image)
    assert out.shape == MATTING.shape(*size, params) == (*size, channels)
    assert out.dtype == np.uint8 and out.flags.c_contiguous


@pytest.mark.parametrize("background", ["nocolour", "#12", ""])
def test_an_invalid_colour_is_refused_in_one_sentence(background):
    with pytest.raises(
        InvalidValue, match="'background' of matting must be a colour by its CSS name or as #rrggbb"
    ):
        tk.apply("matting", PHOTO, background=background)


@pytest.mark.parametrize("name", ["id_photo", "product", "avatar"])
def test_presets_are_parameters_that_the_operation_admits(name):
    preset = MATTING.presets[name]
    assert MATTING.resolve(preset) == MATTING.resolve({"preset": name})
    out = made_of(disc(soft=0.5), **preset)
    assert out.shape[2] == (4 if name == "product" else 3)
    # What is taken by its name can be changed.
    assert MATTING.resolve({"preset": name, "feather": 9.0})["feather"] == 9.0


def test_an_unknown_preset_is_refused_with_the_choices():
    with pytest.raises(
        UnknownName, match="preset of matting must be one of avatar, id_photo, matte, product"
    ):
        tk.apply("matting", PHOTO, preset="passport")


def test_tiles_are_refused():
    with pytest.raises(Unsupported, match="unet cannot be tiled"):
        tk.apply("matting", PHOTO, model="unet", weights="untrained", backend="torch", tile=64)


def test_a_graph_that_a_runtime_cannot_read_is_refused():
    with pytest.raises(Unsupported, match="'openvino' .*Convolution2DTransposeBias.*it runs on opencv_dnn"):
        tk.apply("matting", PHOTO, model="selfie", backend="openvino")


def test_the_unet_without_weights_is_unavailable():
    with pytest.raises(Unavailable, match="no weights are published for unet"):
        tk.apply("matting", PHOTO, model="unet", backend="torch")


def mean_absolute_difference(folder: Path, **how) -> float:
    """Median over the pictures of a folder, alpha 0..1."""
    found = []
    for truth_file in sorted(folder.glob("*_alpha*.png")):
        truth = cv2.imread(str(truth_file), cv2.IMREAD_GRAYSCALE)
        portrait = tk.load(folder / (truth_file.name.partition("_alpha")[0] + ".jpg"))
        alpha = tk.apply("matting", portrait, output="alpha", **how)[..., 0]
        found.append(np.abs(alpha.astype(float) - truth).mean() / 255)
    assert len(found) >= 5
    return float(np.median(found))


@pytest.mark.parametrize(
    ("model", "backend", "precision", "limit"),
    [
        ("prisma", "onnxruntime", "fp32", 0.045),
        ("prisma_tflite", "openvino", "fp32", 0.045),
        ("prisma_tflite", "openvino", "int8", 0.045),
        ("selfie", "opencv_dnn", "fp32", 0.02),
    ],
)
def test_mattes_are_near_ground_truth(
    real_weights, test_images, monkeypatch, model, backend, precision, limit
):
    monkeypatch.setenv("ATELIER_WEIGHTS", str(real_weights))
    how = {"model": model, "backend": backend, "precision": precision}
    assert mean_absolute_difference(test_images / "portraits_alpha", **how) <= limit
    if precision == "fp32" and model != "prisma_tflite":
        assert mean_absolute_difference(test_images / "portraits", **how) <= limit
