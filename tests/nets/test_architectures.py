"""Every architecture has the layers of its published files: names, shapes, and how many numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.nets.tensors import tensors_of
from toolkit.nets import animegan, carn, cartoongan, edsr, espcn, fsrcnn

PUBLISHED = Path(__file__).parent / "published"

EDSR_MOBILE = {"scale": 2, "blocks": 5, "filters": 64, "residual_scale": 1.0}

# The published list, the architecture, and the arguments that make it.
CASES = [
    ("carn", carn, {"scale": 3}),
    ("carn_m", carn, {"scale": 3, "light": True}),
    ("edsr_mobile_x2", edsr, EDSR_MOBILE),
    ("animeganv2", animegan, {}),
    ("cartoongan_light", cartoongan, {}),
    *((f"fsrcnn_x{scale}", fsrcnn, {"scale": scale}) for scale in (2, 3, 4)),
    *((f"fsrcnn_small_x{scale}", fsrcnn, {"scale": scale, "small": True}) for scale in (2, 3, 4)),
    *((f"espcn_x{scale}", espcn, {"scale": scale}) for scale in (2, 3, 4)),
]


def published(name: str) -> dict:
    return json.loads((PUBLISHED / f"{name}.json").read_text())


@pytest.mark.parametrize(("name", "source", "arguments"), CASES, ids=[case[0] for case in CASES])
def test_published_tensors_fill_the_module_and_nothing_is_left_over(name, source, arguments):
    listed = published(name)
    tensors = tensors_of(listed["tensors"])
    state = getattr(source, "state_from", dict)(tensors)
    module = source.build(**arguments)

    assert {key: list(value.shape) for key, value in state.items()} == {
        key: list(value.shape) for key, value in module.state_dict().items()
    }
    # One published bias of FSRCNN serves all sub-pixels; the module holds it once for each.
    repeated = len(state["up.bias"]) - 1 if source is fsrcnn else 0
    assert sum(value.size for value in state.values()) == listed["parameters"] + repeated
    every = np.concatenate([value.ravel() for value in state.values()])
    assert set(every) == set(np.concatenate([value.ravel() for value in tensors.values()]))


@pytest.mark.parametrize(("source", "arguments", "channels", "scale"), [
    (fsrcnn, {"scale": 4, "small": True}, 1, 4),
    (espcn, {"scale": 3}, 1, 3),
    (edsr, {"scale": 3, "blocks": 1, "filters": 8}, 3, 3),
    (carn, {"scale": 2, "light": True}, 3, 2),
    (carn, {"scale": 4}, 3, 4),
    (cartoongan, {}, 3, 1),
    (animegan, {}, 3, 1),
])  # fmt: skip
def test_output_has_the_scaled_size(source, arguments, channels, scale):
    module = source.build(**arguments).eval()
    with torch.inference_mode():
        out = module(torch.zeros(2, channels, 8, 12))
    assert out.shape == (2, channels, 8 * scale, 12 * scale)
