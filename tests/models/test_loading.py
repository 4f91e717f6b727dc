"""Modules with published or seeded weights; weights that do not fit are refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from toolkit.core.errors import InvalidValue
from toolkit.models import loading
from toolkit.nets import carn, edsr


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
