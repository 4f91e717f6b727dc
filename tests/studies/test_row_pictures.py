"""The pictures behind measured rows are those that were measured."""

from __future__ import annotations

import numpy as np

import toolkit as tk
from tests.results.factory import make_measurement
from toolkit.images.imresize import imresize
from toolkit.studies.row_pictures import input_of, output_of, reference_for, truth_for


def test_the_input_of_an_enlargement_is_the_shrunken_photo_and_the_photo_is_the_truth():
    row = make_measurement("bicubic", params=(("scale", 3),), width=32, height=24)
    given, truth = input_of(row, "coffee"), truth_for(row, "coffee")
    assert given.shape == (24, 32, 3) and truth.shape == (72, 96, 3)
    assert np.array_equal(given, imresize(truth, height=24, width=32))
    assert np.array_equal(output_of(row, given), tk.apply("bicubic", given, backend="opencv", scale=3))


def test_a_parameter_can_be_changed_and_the_reference_comes_from_the_reference_backend():
    row = make_measurement("pencil_sketch", backend="numba", width=32, height=24)
    image = input_of(row, "coffee")
    assert truth_for(row, "coffee") is None
    color = tk.apply("pencil_sketch", image, backend="numba", tone="color")
    assert np.array_equal(output_of(row, image, tone="color"), color)
    assert not np.array_equal(output_of(row, image), color)
    reference = reference_for(row, image)
    assert np.array_equal(reference, tk.apply("pencil_sketch", image, backend="numpy"))
