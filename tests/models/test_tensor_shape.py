"""Shapes that a graph declares, is given and returns: what is accepted, and the error for the rest."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.core.errors import InvalidValue
from toolkit.models.tensor_shape import check_shape, in_pictures, only_input


def test_the_one_input_has_four_axes():
    assert only_input("net.onnx", [[None, 3, 8, None]]) == (None, 3, 8, None)


@pytest.mark.parametrize(
    ("shapes", "got"),
    [([], "none"), ([[1, 3, 8, 8], [1]], r"\(1, 3, 8, 8\), \(1\)"), ([[None, 3]], r"\(any, 3\)")],
)
def test_other_inputs_are_refused(shapes, got):
    with pytest.raises(InvalidValue, match=rf"net.onnx must have one .*input.*; got {got}"):
        only_input("net.onnx", shapes)


def test_an_open_axis_takes_any_length():
    check_shape("net.onnx", (None, 3, None, 8), (2, 3, 5, 8))


@pytest.mark.parametrize(
    ("declared", "is_last"), [((None, 3, 8, 8), False), ((1, None, None, 3), True), ((1, 3, 3, 3), False)]
)
def test_another_length_is_refused_and_channels_that_come_last_are_named(declared, is_last):
    with pytest.raises(InvalidValue, match=r"net.onnx must be given an input .*; got \(1, 3, 5, 7\)") as said:
        check_shape("net.onnx", declared, (1, 3, 5, 7))
    assert ("channels come last" in str(said.value)) == is_last


def test_mattes_in_rows_become_pictures_where_the_size_is_fixed():
    rows = np.arange(24, dtype=np.float32).reshape(2, 12)
    pictures = in_pictures("net.tflite", rows, 2, (3, 4))
    assert pictures.shape == (2, 1, 3, 4) and pictures[1, 0, 2, 3] == 23
    with pytest.raises(InvalidValue, match=r"got float32 \(2, 12\)"):
        in_pictures("net.tflite", rows, 2, None)


@pytest.mark.parametrize(
    ("output", "got"),
    [(None, "NoneType"), (np.zeros((1, 3, 2, 2)), "float64"), (np.zeros(3, np.float32), r"float32 \(3\)")],
)
def test_an_output_that_is_not_float32_pictures_is_refused(output, got):
    with pytest.raises(InvalidValue, match=f"net.onnx must have a float32 output .*; got {got}"):
        in_pictures("net.onnx", output, 1, None)
