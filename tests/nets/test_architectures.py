"""Every architecture has the layers of its published files: names, shapes, and how many numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from toolkit.core.errors import InvalidValue
from toolkit.models import loading
from toolkit.nets import animegan, carn, cartoongan, edsr, espcn, fsrcnn, unet_matting

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


def tensors_of(shapes: dict[str, list[int]]) -> dict[str, np.ndarray]:
    """Published tensors of those shapes, every number another."""
    start, found = 0, {}
    for name, shape in shapes.items():
        count = int(np.prod(shape))
        found[name] = np.arange(start, start + count, dtype=np.float32).reshape(shape)
        start += count
    return found


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


@pytest.mark.parametrize(("scale", "parameters"), [(2, 38_390_028), (3, 38_424_603), (4, 38_473_008)])
def test_edsr_of_opencv_takes_the_layers_of_its_graph_in_their_order(scale, parameters):
    filters, blocks = 256, 32
    with torch.device("meta"):  # shapes only: no 160 MB of numbers
        module = edsr.build(scale=scale)
    assert sum(value.numel() for value in module.state_dict().values()) == parameters

    small = edsr.build(scale=scale, blocks=2, filters=4, residual_scale=0.1)
    convs = [(4, 3), *[(4, 4)] * 5, (3 * scale**2, 4)]
    layers: dict[str, list[int]] = {}
    for index, (after, before) in enumerate(convs):
        layers |= {f"Conv2D_{index}": [after, before, 3, 3], f"add_{index}": [1, after]}
    state = edsr.state_from(tensors_of(layers))
    assert {k: v.shape for k, v in state.items()} == {
        k: tuple(v.shape) for k, v in small.state_dict().items()
    }
    assert state["body.1.conv1.bias"][0] == tensors_of(layers)["add_3"][0, 0]
    assert (filters, blocks) == (module.head.out_channels, len(module.body))


def test_edsr_orders_sub_pixels_as_tensorflow_wrote_them():
    # A convolution whose channel (row * 2 + column) * 3 + colour is that very number, whatever its input.
    scale = 2
    state = edsr.state_from({"head.weight": np.zeros(1), "up.bias": np.arange(12, dtype=np.float32)})
    shuffled = torch.nn.functional.pixel_shuffle(
        torch.from_numpy(state["up.bias"])[None, :, None, None], scale
    )
    for row in range(scale):
        for column in range(scale):
            wanted = [(row * scale + column) * 3 + colour for colour in range(3)]
            assert shuffled[0, :, row, column].tolist() == wanted


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


def test_unet_gives_alpha_between_zero_and_one():
    module = loading.seeded("unet_matting", {"width": 8, "depth": 4}, 0)
    with torch.inference_mode():
        alpha = module(torch.rand(1, 3, 32, 48, generator=torch.Generator().manual_seed(0)))
    assert alpha.shape == (1, 1, 32, 48)
    assert 0 <= alpha.min() < 0.3 and 0.7 < alpha.max() <= 1
    planned = unet_matting.build()
    assert sum(values.numel() for values in planned.parameters()) == 7_763_041


def test_cartoongan_doubles_as_tensorflow_one_did():
    row = torch.tensor([0.0, 2.0, 6.0]).reshape(1, 1, 1, 3)
    assert cartoongan._doubled(row, 3).ravel().tolist() == [0, 1, 2, 4, 6, 6]


@pytest.mark.parametrize(("architecture", "arguments"), [
    ("fsrcnn", {"scale": 2}), ("espcn", {"scale": 2}), ("edsr", {"scale": 2, "blocks": 2, "filters": 8}),
    ("carn", {"scale": 2, "light": True}), ("cartoongan", {}), ("animegan", {}),
])  # fmt: skip
def test_seeded_weights_are_the_same_every_time_and_spread_over_the_range(architecture, arguments):
    one, again, other = (loading.seeded(architecture, arguments, seed) for seed in (7, 7, 8))
    for name, values in one.state_dict().items():
        assert torch.equal(values, again.state_dict()[name])
    assert any(not torch.equal(v, other.state_dict()[n]) for n, v in one.state_dict().items())

    low, high = one.signal.low, one.signal.high
    channels = 1 if architecture in ("fsrcnn", "espcn") else 3
    noise = torch.rand(1, channels, 8, 8, generator=torch.Generator().manual_seed(0))
    probe = torch.nn.functional.interpolate(noise, (32, 32), mode="bilinear") * (high - low) + low
    with torch.inference_mode():
        out = (one(probe) - low) / (high - low)
    assert out.std() > 0.05  # 13 of 255 levels: not one flat colour
    assert ((out > 0) & (out < 1)).float().mean() > 0.8


def test_weights_of_another_architecture_are_refused_in_one_sentence(tmp_path):
    path = tmp_path / "carn_m.pth"
    torch.save(carn.build(scale=2, light=True).state_dict(), path)
    with pytest.raises(
        InvalidValue, match=r"weights 'carn_m.pth' do not fit animegan\(\): .* are missing, the first is"
    ):
        loading.load("animegan", {}, path)
    with pytest.raises(InvalidValue, match="do not fit carn.scale=2.: 24 of 76 tensors are missing"):
        loading.load("carn", {"scale": 2}, path)
    torch.save(carn.build(scale=2, light=True).state_dict() | {"extra": torch.ones(1)}, path)
    with pytest.raises(InvalidValue, match=r"carn\(scale=2, light=True\): 1 tensors are unknown .* 'extra'"):
        loading.load("carn", {"scale": 2, "light": True}, path)


def test_weights_of_another_width_are_refused_in_one_sentence(tmp_path):
    path = tmp_path / "edsr.npz"
    np.savez(path, **{n: v.numpy() for n, v in edsr.build(scale=2, blocks=1, filters=8).state_dict().items()})
    with pytest.raises(
        InvalidValue, match=r"'head.weight' has shape \(8, 3, 3, 3\) instead of \(16, 3, 3, 3\)"
    ):
        loading.load("edsr", {"scale": 2, "blocks": 1, "filters": 16}, path)
    assert loading.load("edsr", {"scale": 2, "blocks": 1, "filters": 8}, path).head.out_channels == 8
