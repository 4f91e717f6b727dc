"""Networks that several tests run: small, untrained, one of each architecture."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.models import network_files, transforms
from toolkit.models.network import Network

PHOTO = np.random.default_rng(0).integers(0, 256, (23, 37, 3), np.uint8)
RGB_UNIT = {"transform": transforms.rgb_unit}
LUMA = {"transform": transforms.luma}

FSRCNN = Network(
    name="fsrcnn_x3", architecture="fsrcnn", arguments={"scale": 3}, weights="FSRCNN_x3.pb",
    graphs={"pb": "FSRCNN_x3.pb"}, scale=3, halo=6, **LUMA,
)  # fmt: skip
CARN_M = Network(
    name="carn_m_x2", architecture="carn", arguments={"scale": 2, "light": True}, weights="carn_m.pth",
    scale=2, halo=21, **RGB_UNIT,
)  # fmt: skip
ANIME = Network(
    name="animegan_paprika", architecture="animegan", weights="paprika.pt", multiple=8,
    transform=transforms.rgb_signed,
    whole_because="its normalisation takes statistics over the whole picture",
)  # fmt: skip
PRISMA = Network(
    name="prisma", graphs={"onnx": "prisma_nchw.onnx"}, size=(256, 256), whole_because="it has one input size",
    **RGB_UNIT,
)  # fmt: skip
NETWORKS = [
    FSRCNN,
    CARN_M,
    ANIME,
    Network(name="espcn_x2", architecture="espcn", arguments={"scale": 2}, scale=2, halo=4, **LUMA),
    Network(
        name="edsr_x2", architecture="edsr", scale=2, halo=7, transform=transforms.rgb_levels,
        arguments={"scale": 2, "blocks": 2, "filters": 8, "residual_scale": 1.0},
    ),
    Network(name="carn_x4", architecture="carn", arguments={"scale": 4, "light": True}, scale=4, halo=21, **RGB_UNIT),
]  # fmt: skip


def runner(network: Network):
    torch = pytest.importorskip("torch")
    module = network_files.module(network.untrained())

    def infer(tensor):
        with torch.inference_mode():
            return module(torch.from_numpy(np.ascontiguousarray(tensor))).numpy()

    return infer
