"""Where the time of one picture goes: a stage that is planted slow is the one that is found slow."""

from __future__ import annotations

import time

import numpy as np
import pytest

import toolkit as tk
from toolkit.bench.pipeline import STAGES, stage_times
from toolkit.core import transforms
from toolkit.core.loaded_network import LoadedNetwork
from toolkit.core.network import Network

SLEEP_S = 0.15


def slowly(work):
    def run(*arguments):
        time.sleep(SLEEP_S)
        return work(*arguments)

    return run


def loaded(slow: str) -> LoadedNetwork:
    def same(work, stage):
        return slowly(work) if stage == slow else work

    network = Network(
        name="same", architecture="espcn", halo=1,
        before=same(transforms.rgb_unit, "preprocess"), after=same(transforms.from_rgb_unit, "postprocess"),
    )  # fmt: skip
    return LoadedNetwork(network, same(np.copy, "infer"))


@pytest.mark.parametrize("slow", ["preprocess", "infer", "postprocess"])
def test_the_slow_stage_is_found(slow):
    found = stage_times(loaded(slow), [tk.photo("coffee")[:40, :60]])
    assert tuple(found) == STAGES
    assert max(found, key=found.__getitem__) == slow and found[slow] >= SLEEP_S
