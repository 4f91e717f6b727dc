"""Preparing and finishing pictures on the device gives what the CPU gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.backends.tiny_torch import PHOTO, eager, edsr
from toolkit.backends._torch_cuda import between_levels
from toolkit.models import network_files, transforms
from toolkit.models.network import Network

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("network", [
    edsr(levels=transforms.bgr_centred),
    edsr(levels=transforms.rgb_levels),
    edsr(levels=transforms.rgb_levels, multiple=8),
    edsr(levels=replace(transforms.rgb_levels, output_factor=1.25, output_mean=(9.0, 5.0, 1.0))),
], ids=["bgr", "rgb", "padded", "other levels"])  # fmt: skip
def test_pictures_on_the_device_are_those_of_the_cpu(network):
    run = between_levels(torch, network_files.module(network), torch.contiguous_format, network)
    images = [PHOTO, PHOTO[::-1].copy()]
    outputs = run(torch.from_numpy(np.stack(images))).numpy()
    for image, output in zip(images, outputs, strict=True):
        expected = eager(network, image)
        assert output.shape == expected.shape and expected.std() > 10
        assert np.abs(output.astype(int) - expected).max() <= 1
        assert np.mean(output != expected) < 1e-3


def test_luma_networks_and_fixed_sizes_are_prepared_on_the_cpu():
    luma = Network(
        name="fsrcnn", architecture="fsrcnn", arguments={"scale": 2}, scale=2, halo=6,
        transform=transforms.luma,
    ).untrained()  # fmt: skip
    fixed = edsr(size=(8, 8), halo=None, whole_because="it has one input size")
    for network in (luma, fixed):
        assert between_levels(torch, network_files.module(network), torch.contiguous_format, network) is None
