"""A small torch network, and what its module makes of a picture."""

from __future__ import annotations

import numpy as np

from toolkit.contracts.loaded_network import LoadedNetwork
from toolkit.models import network_files, transforms
from toolkit.models.network import Network

PHOTO = np.random.default_rng(0).integers(0, 256, (13, 18, 3), np.uint8)


def edsr(**fields) -> Network:
    levels = fields.pop("levels", transforms.rgb_levels)
    small = {"scale": 2, "blocks": 2, "filters": 8, "residual_scale": 0.1}
    made = Network(
        name="edsr_tiny", architecture="edsr", arguments=small, scale=2, transform=levels,
        **({"halo": 7} | fields),
    )  # fmt: skip
    return made.untrained()


def eager(network: Network, image: np.ndarray) -> np.ndarray:
    import torch

    module = network_files.module(network)
    return LoadedNetwork(network, lambda x: module(torch.from_numpy(x)).numpy())(image)
