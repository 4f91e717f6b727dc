"""An output that shows nothing of its input is found; a dark input, a matte and paper that stays white are right."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

import toolkit as tk
from toolkit.contracts.content import missing_content, require_content
from toolkit.contracts.operation import OPERATIONS
from toolkit.core.errors import EmptyPicture
from toolkit.images.image import Image

PHOTO = np.ascontiguousarray(data.astronaut()[::4, ::4, ::-1])
NIGHT = (
    np.where(np.random.default_rng(3).random((128, 128, 1)) < 0.01, 255, 0).astype(np.uint8).repeat(3, axis=2)
)


def said(image: Image, output: Image, operation: str = "onnx_model", **params: str) -> str:
    op = OPERATIONS[operation]
    return missing_content(op, op.resolve(params), image, np.asarray(output, np.uint8))


@pytest.mark.parametrize("level", [0, 1, 128, 255])
def test_a_constant_output_shows_nothing(level: int) -> None:
    assert said(PHOTO, np.full_like(PHOTO, level)).startswith(
        "the output of onnx_model must show the input; got "
    )
    assert "one value everywhere" in said(PHOTO, np.full_like(PHOTO, level), "oil_painting")


@pytest.mark.parametrize(
    "output",
    [np.rint(PHOTO / 255), np.minimum(PHOTO * 255.0, 255), np.where(PHOTO <= 2, 0, 255), PHOTO // 100],
    ids=["bytes in, unit out", "unit in, bytes out", "white but for black", "nearly black"],
)
def test_levels_of_another_range_show_nothing(output: Image) -> None:
    assert "values from an input" in said(PHOTO, output)


@pytest.mark.parametrize(
    ("image", "output"),
    [
        (NIGHT, NIGHT),
        (255 - NIGHT, 255 - NIGHT),
        (np.zeros_like(PHOTO), np.zeros_like(PHOTO)),
        (np.full_like(PHOTO, 90), np.full_like(PHOTO, 90)),
        (PHOTO, PHOTO // 3),
        (PHOTO, 255 - PHOTO),
        (PHOTO, np.where(PHOTO < 128, 0, 255)),
        (PHOTO, PHOTO[:4, :4]),
    ],
    ids=["night", "paper", "black", "grey", "darker", "negative", "black and white", "a few pixels"],
)
def test_an_output_like_its_input_is_right(image: Image, output: Image) -> None:
    assert said(image, output) == ""


def test_a_scene_without_a_person_has_an_empty_matte() -> None:
    empty = np.zeros((128, 128, 1), np.uint8)
    assert said(PHOTO, empty, "matting") == said(PHOTO, 255 - empty, "matting") == ""


def test_a_filter_may_leave_white_paper_and_random_weights_may_give_anything() -> None:
    paper = np.full_like(PHOTO, 255)
    paper[0, :20] = 0
    assert said(PHOTO, paper, "pencil_sketch") == ""
    assert said(PHOTO, np.zeros_like(PHOTO), "edsr", weights="untrained") == ""


# The parameters of a network do not change its levels; the tests above cover mattes.
_WITHOUT_NETWORK = sorted(
    name for name in {*OPERATIONS} - {"matting", "onnx_model"} if OPERATIONS[name].network is None
)


@pytest.mark.parametrize("name", _WITHOUT_NETWORK)
def test_no_operation_loses_its_input_at_either_end_of_a_parameter(name: str) -> None:
    op = OPERATIONS[name]
    ends = [{param.name: end} for param in op.params for end in (param.low, param.high) if end is not None]
    for params in [{}, *ends]:
        output = tk.apply(name, PHOTO[:96, :96], **params)
        assert output.size > 0, params


def test_the_error_names_the_parameter_that_helps() -> None:
    op = OPERATIONS["onnx_model"]
    with pytest.raises(EmptyPicture, match="output_levels"):
        require_content(op, op.resolve({}), PHOTO, np.zeros_like(PHOTO))


def test_a_picture_of_one_colour_may_give_one_colour():
    teal = np.full((30, 40, 3), (128, 128, 0), np.uint8)
    assert tk.apply("oil_painting", teal, backend="opencv").shape == teal.shape
