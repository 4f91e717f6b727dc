"""Quality over a set of pictures: by hand on samples, and the papers' figures on theirs."""

from __future__ import annotations

import numpy as np
import pytest

import toolkit as tk
from toolkit.contracts.operation import OPERATIONS, load_plugin
from toolkit.core.errors import InvalidValue, TrialFailed, UnknownName
from toolkit.images.matte_quality import matte_quality
from toolkit.images.photos import at_size, photo
from toolkit.images.super_resolution import cut_to_multiple, degrade, psnr_y_db, ssim_y
from toolkit.studies.evaluate import evaluate


@pytest.fixture
def pictures(tmp_path):
    files = []
    for name, width, height in (("coffee", 100, 61), ("astronaut", 80, 50), ("chelsea", 64, 64)):
        files.append(tmp_path / f"{name}.png")
        tk.save(at_size(photo(name), width, height)[0], files[-1])
    return files


@pytest.fixture
def mattes(request):
    load_plugin(request.config.rootpath / "tests/plugins/mattes.py")


def with_mattes(files):
    for file in files:
        matte = tk.load(file)[::-1, :, 2:]
        tk.save(np.ascontiguousarray(matte), file.with_name(f"{file.stem}_alpha.png"))
    return files


@pytest.mark.parametrize("how", ["matlab", "opencv"])
def test_pictures_are_shrunk_enlarged_and_compared(pictures, how):
    found = evaluate("bicubic", pictures, params={"scale": 3}, backend="opencv", how=how)
    for file in pictures:
        truth = cut_to_multiple(tk.load(file), 3)
        output = tk.apply("bicubic", degrade(truth, 3, how=how), scale=3)
        by_hand = {
            "psnr_y_db": psnr_y_db(output, truth, border_px=3),
            "ssim_y": ssim_y(output, truth, border_px=3),
            "psnr_y_db_rounded": psnr_y_db(output, truth, border_px=3, rounded=True),
            "ssim_y_rounded": ssim_y(output, truth, border_px=3, rounded=True),
        }
        assert found.by_picture[file.name] == pytest.approx(by_hand, rel=1e-6)
    each = [figures["psnr_y_db"] for figures in found.by_picture.values()]
    assert found.mean["psnr_y_db"] == pytest.approx(np.mean(each))
    assert found.median["psnr_y_db"] == sorted(each)[1]


def test_mattes_are_compared_with_the_ones_beside_the_photos(pictures, mattes):
    found = evaluate("mattes", with_mattes(pictures), backend="opencv")
    for file in pictures:
        image = tk.load(file)
        by_hand = matte_quality(image[..., 1], image[::-1, :, 2])
        assert found.by_picture[file.name] == pytest.approx(by_hand, rel=1e-5)


def test_invalid_requests_are_one_sentence(pictures, mattes):
    refused = [
        ("bicubic", [], {}, "at least one picture"),
        ("bicubic", [*pictures, pictures[0]], {}, "different file names; got 'coffee.png'"),
        ("oil_painting", pictures, {}, "no ground truth"),
        ("mattes", pictures, {}, "exactly one matte in the same folder, coffee_alpha"),
        ("mattes", pictures, {"weights": "untrained"}, "untrained"),
        ("mattes", pictures, {"output": "composite"}, "output=alpha"),
    ]
    for operation, files, params, said in refused:
        with pytest.raises(InvalidValue, match=said):
            evaluate(operation, files, params=params, backend="opencv")
    with pytest.raises(UnknownName):
        evaluate("bicubic", pictures, backend="opencvv")


@pytest.mark.parametrize(("side", "is_refused"), [(8, True), (9, False), (11, False)])
def test_a_picture_that_is_all_border_is_named(pictures, side, is_refused):
    tiny = pictures[0].with_name("tiny.png")
    tk.save(at_size(photo("coffee"), 40, side)[0], tiny)
    if is_refused:
        with pytest.raises(
            InvalidValue, match=r"tiny.png' must be at least 9 px on each side .* got 40 x 8 px"
        ):
            evaluate("bicubic", [*pictures, tiny], params={"scale": 3}, backend="opencv")
    else:
        found = evaluate("bicubic", [*pictures, tiny], params={"scale": 3}, backend="opencv")
        assert np.isfinite(found.mean["ssim_y"])


def test_an_error_of_a_kernel_is_one_sentence_as_in_apply(pictures, tmp_path):
    file = tmp_path / "has_no_memory.py"
    file.write_text(
        "from toolkit.contracts.operation import Operation\n"
        "def kernel(image): raise MemoryError\n"
        "OPERATION = Operation(name='has_no_memory', summary='', kernels={'opencv': lambda cv2: kernel},"
        " task='super-resolution')\n"
    )
    load_plugin(file)
    try:
        with pytest.raises(TrialFailed, match="has_no_memory ran out of memory on backend 'opencv'"):
            evaluate("has_no_memory", pictures, backend="opencv")
    finally:
        del OPERATIONS._added["has_no_memory"]


@pytest.mark.parametrize(
    ("scale", "figure_db", "rounded_db"), [(2, 33.67, 33.64), (3, 30.40, 30.39), (4, 28.43, 28.42)]
)
def test_bicubic_on_set5_is_the_figure_of_the_papers(test_images, scale, figure_db, rounded_db):
    files = sorted((test_images / "set5").glob("*.png"))
    assert len(files) == 5
    found = evaluate("bicubic", files, params={"scale": scale}, backend="opencv")
    assert found.mean["psnr_y_db"] == pytest.approx(figure_db, abs=0.01)
    assert found.mean["psnr_y_db_rounded"] == pytest.approx(rounded_db, abs=0.01)


def test_prisma_is_as_near_to_exact_mattes_as_it_should_be(test_images, real_weights):
    files = sorted((test_images / "portraits_alpha").glob("*.jpg"))
    assert len(files) == 5
    found = evaluate("matting", files, params={"model": "prisma"}, backend="onnxruntime", threads=1)
    assert found.median["mad"] < 0.045
