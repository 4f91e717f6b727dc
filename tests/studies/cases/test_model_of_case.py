"""A picture that is timed stage by stage is the picture that the kernel gives."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.studies.cases.model_of_case import STAGES, Model, drawn_in_stages


@pytest.mark.parametrize("reload", [False, True])
def test_stages_are_added_and_the_picture_is_the_same(reload):
    params = {"scale": 3, "weights": "untrained", "reload": reload}
    image = np.random.default_rng(0).integers(0, 256, (16, 24, 3), np.uint8)
    stages_s: dict[str, float] = {}
    with Model(operation="fsrcnn", backend="torch", params=params).opened() as kernel:
        first, whole = drawn_in_stages(kernel, image, stages_s), kernel(image)
        once = dict(stages_s)
        drawn_in_stages(kernel, image, stages_s)
    assert (first == whole).all() and first.shape == (48, 72, 3)
    assert tuple(stages_s) == STAGES
    assert all(0 < once[stage] < stages_s[stage] for stage in STAGES)
