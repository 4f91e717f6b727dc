"""The tuning widget, driven as a person does and without a browser."""

from __future__ import annotations

import asyncio
import sys

import cv2
import numpy as np
import pytest

import toolkit as tk
from toolkit.core.errors import InvalidValue, Unavailable, UnknownName


@pytest.fixture
def image():
    return cv2.resize(tk.photo("coffee"), (90, 60), interpolation=cv2.INTER_AREA)


def control(explorer, name):
    return explorer._controls[name]


def test_set_moves_the_control_and_gives_the_picture_that_apply_gives(image):
    explorer = tk.explore("stylization", image)
    explorer.set(sigma_s=90)
    assert explorer.value == {"sigma_s": 90.0, "sigma_r": 0.45}
    assert control(explorer, "sigma_s").value == 90.0
    np.testing.assert_array_equal(explorer.result, tk.apply("stylization", image, sigma_s=90))
    assert explorer.took_s > 0


def test_the_first_picture_is_there_before_anything_is_moved(image):
    explorer = tk.explore("oil_painting", image)
    np.testing.assert_array_equal(explorer.result, tk.apply("oil_painting", image))


def test_the_picture_shown_is_a_jpeg_of_the_result(image):
    explorer = tk.explore("pencil_sketch", image)
    shown = cv2.imdecode(np.frombuffer(explorer._picture.value, np.uint8), cv2.IMREAD_COLOR)
    assert cv2.PSNR(shown, explorer.result) > 25


@pytest.mark.parametrize("operation", [o for o in tk.OPERATIONS if tk.OPERATIONS[o].network is None])
def test_every_operation_has_a_control_for_every_parameter(operation, image):
    explorer = tk.explore(operation, image)
    params = tk.OPERATIONS[operation].params
    assert explorer.value == {p.name: p.default for p in params}
    for param in params:
        for end in (param.low, param.high, *param.choices):
            if end is not None and (not param.choices or end in param.choices):
                control(explorer, param.name).value = end
                assert explorer.value[param.name] == pytest.approx(end)


def test_a_parameter_appears_with_its_bounds_unit_and_help(image):
    slider = control(tk.explore("stylization", image), "sigma_s")
    assert (slider.min, slider.max, slider.description) == (1.0, 200.0, "sigma_s [px]")
    assert "reach of the smoothing" in slider.tooltip
    choices = control(tk.explore("pencil_sketch", image), "tone")
    assert choices.options == ("grey", "color")


def test_a_large_image_is_previewed_small_until_full_size_is_asked_for(image):
    large = cv2.resize(image, (1500, 1000))
    explorer = tk.explore("fit_side", large)
    assert explorer.result.shape == (427, 640, 3)
    explorer.set(full_size=True, side=1200)
    assert explorer.result.shape == (800, 1200, 3)


def test_the_code_does_the_same_to_the_image(image):
    explorer = tk.explore("pencil_sketch", image, threads=1)
    explorer.set(tone="color", sigma_s=20)
    assert explorer.code == 'tk.apply("pencil_sketch", image, threads=1, tone="color", sigma_s=20.0)'
    np.testing.assert_array_equal(eval(explorer.code, {"tk": tk, "image": image}), explorer.result)


@pytest.mark.parametrize(("given", "error"), [({"sigma_s": 900}, InvalidValue), ({"sigma": 9}, UnknownName)])
def test_a_refused_set_moves_nothing(image, given, error):
    explorer = tk.explore("stylization", image)
    before = explorer.result
    with pytest.raises(error, match="sigma"):
        explorer.set(sigma_r=0.2, **given)
    assert explorer.value == {"sigma_s": 60.0, "sigma_r": 0.45}
    assert explorer.result is before


def test_moving_a_slider_without_a_running_loop_computes_at_once(image):
    explorer = tk.explore("stylization", image)
    control(explorer, "sigma_s").value = 20.0
    np.testing.assert_array_equal(explorer.result, tk.apply("stylization", image, sigma_s=20))


def test_of_many_quick_moves_the_last_one_is_shown(image):
    async def drag():
        explorer = tk.explore("stylization", image)
        seen = []
        explorer._picture.observe(lambda change: seen.append(change["new"]), names="value")
        for sigma_s in range(10, 60, 5):
            control(explorer, "sigma_s").value = sigma_s
        before = explorer.result
        while explorer._follower:
            await asyncio.sleep(0.01)
        return explorer, before, seen

    explorer, before, seen = asyncio.run(drag())
    np.testing.assert_array_equal(before, tk.apply("stylization", image))
    np.testing.assert_array_equal(explorer.result, tk.apply("stylization", image, sigma_s=55))
    assert len(seen) == 1


def test_a_result_that_a_newer_setting_has_overtaken_is_dropped(image):
    async def overtake():
        explorer = tk.explore("stylization", image)
        control(explorer, "sigma_s").value = 10.0
        explorer.set(sigma_s=120)
        while explorer._follower:
            await asyncio.sleep(0.01)
        return explorer

    explorer = asyncio.run(overtake())
    np.testing.assert_array_equal(explorer.result, tk.apply("stylization", image, sigma_s=120))


def test_defaults_brings_every_parameter_back(image):
    explorer = tk.explore("stylization", image)
    explorer.set(sigma_s=20, sigma_r=0.9)
    explorer._reset.click()
    np.testing.assert_array_equal(explorer.result, tk.apply("stylization", image))


def test_what_cannot_be_computed_is_said_and_the_picture_stays():
    explorer = tk.explore("stylization", np.zeros((2400, 2400, 3), np.uint8), backend="opencv")
    before = explorer.result
    explorer._full.value = True
    assert "float32" in explorer._status.value
    assert explorer.result is before
    with pytest.raises(InvalidValue, match="float32"):
        explorer.set(full_size=True)


def test_a_page_without_a_kernel_gets_the_picture(image):
    data, metadata = tk.explore("stylization", image)._repr_mimebundle_()
    assert data["image/jpeg"][:2] == b"\xff\xd8"
    assert "stylization" in metadata["image/jpeg"]["alt"]
    assert "application/vnd.jupyter.widget-view+json" in data


def test_unknown_operation_wrong_image_and_missing_ipywidgets_are_sentences(image, monkeypatch):
    with pytest.raises(UnknownName, match="stylization"):
        tk.explore("stylisation", image)
    with pytest.raises(InvalidValue, match="uint8"):
        tk.explore("stylization", image.astype(float))
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(Unavailable, match="pip install"):
        tk.explore("stylization", image)


def test_a_preset_moves_every_control(real_weights, monkeypatch):
    monkeypatch.setenv("ATELIER_WEIGHTS", str(real_weights))
    portrait = np.ascontiguousarray(tk.photo("astronaut")[:200, 100:300])
    explorer = tk.explore("matting", portrait)
    explorer.set(erode=7)
    explorer._preset.value = "avatar"
    avatar = tk.apply("matting", portrait, preset="avatar")
    assert control(explorer, "erode").value == 3 and control(explorer, "output").value == "composite"
    np.testing.assert_array_equal(explorer.result, avatar)
    explorer.set(preset="product")
    assert explorer.result.shape == (200, 200, 4)
    shown = cv2.imdecode(np.frombuffer(explorer._picture.value, np.uint8), cv2.IMREAD_COLOR)
    assert (shown[explorer.result[..., 3] == 0] > 240).mean() > 0.95  # nothing is white on the page


def test_operations_without_presets_show_none(image):
    assert tk.explore("fit_side", image)._preset.layout.display == "none"
