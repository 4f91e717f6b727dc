"""Where the time of one picture goes: a stage that is planted slow is the one that is found slow."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

import toolkit as tk
from toolkit.contracts.backend import BACKENDS, Placement
from toolkit.contracts.loaded_network import LoadedNetwork
from toolkit.contracts.measurement import PIPELINE
from toolkit.contracts.operation import OPERATIONS
from toolkit.models import transforms
from toolkit.models.network import Network
from toolkit.workers.picture_stages import stage_times

SLEEP_S = 0.15
LONGER_THAN_THE_PASS_S = 1.1


@dataclass
class Transform:
    """`rgb_unit` with a stage that is slow."""

    to_tensor: Callable
    picture: Callable

    def __call__(self, image):
        return self.to_tensor(image)


def slowly(work):
    def run(*arguments):
        time.sleep(SLEEP_S)
        return work(*arguments)

    return run


def loaded(slow: str) -> LoadedNetwork:
    def same(work, stage):
        return slowly(work) if stage == slow else work

    levels = transforms.rgb_unit
    transform = Transform(same(levels, "preprocess"), same(levels.picture, "postprocess"))
    network = Network(name="same", architecture="espcn", halo=1, transform=transform)
    return LoadedNetwork(network, same(np.copy, "infer"))


@pytest.mark.parametrize("slow", ["preprocess", "infer", "postprocess"])
def test_the_slow_stage_is_found(slow):
    found = stage_times(loaded(slow), [tk.photo("coffee")[:40, :60]])
    assert tuple(found) == PIPELINE
    assert max(found, key=found.__getitem__) == slow and found[slow] >= SLEEP_S


def test_what_a_first_call_compiles_is_in_no_stage():
    met: set[tuple[int, ...]] = set()

    def compiled_for_each_size(tensor):
        if tensor.shape not in met:
            met.add(tensor.shape)
            time.sleep(LONGER_THAN_THE_PASS_S)
        return np.copy(tensor)

    network = loaded("").network
    found = stage_times(LoadedNetwork(network, compiled_for_each_size), [tk.photo("coffee")[:40, :60]])
    assert found["infer"] < LONGER_THAN_THE_PASS_S


@pytest.mark.parametrize("tile", [0, 16])
def test_stages_are_those_of_whole_pictures(tile):
    """A picture that is tiled may be too large to go through whole."""
    pytest.importorskip("torch")
    fsrcnn, torch = OPERATIONS["fsrcnn"], BACKENDS["torch"]
    with torch.session(Placement()) as runtime:
        kernel = fsrcnn.build(torch, runtime, fsrcnn.resolve({"weights": "untrained", "tile": tile}))
    assert (kernel.network is None) == bool(tile)
