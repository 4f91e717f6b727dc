"""A network pads pictures, has an untrained form, and refuses wrong declarations."""

from __future__ import annotations

import numpy as np
import pytest

from tests.models.networks import ANIME, FSRCNN, PHOTO, PRISMA, RGB_UNIT, runner
from toolkit.contracts.loaded_network import LoadedNetwork
from toolkit.core.errors import InvalidValue, Unavailable, UnknownName
from toolkit.models import network_files
from toolkit.models.network import Network


@pytest.fixture(autouse=True)
def no_weights_here(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("ATELIER_WEIGHTS", raising=False)


def test_padding_repeats_the_edge_and_is_cut_away():
    seen = ANIME.prepare(PHOTO)
    assert seen.shape == (1, 3, 24, 40)
    assert np.array_equal(seen[..., 23, :], seen[..., 22, :])
    assert np.array_equal(LoadedNetwork(ANIME, lambda x: x)(PHOTO), PHOTO)


def test_untrained_networks_say_so_and_are_the_same_every_time():
    infer, again = runner(FSRCNN), runner(FSRCNN)
    untrained = FSRCNN.untrained()
    assert untrained.label == "fsrcnn_x3 (untrained)" and not untrained.is_trained
    assert FSRCNN.label == "fsrcnn_x3" and FSRCNN.is_trained
    assert network_files.checkpoint(untrained) is None
    assert network_files.graph(untrained, "pb") is None
    out = LoadedNetwork(FSRCNN, infer)(PHOTO)
    assert np.array_equal(out, LoadedNetwork(FSRCNN, again)(PHOTO))
    assert out.std() > 10  # agreement on one flat colour would say nothing


def test_a_graph_has_no_untrained_form():
    with pytest.raises(Unavailable, match="prisma is published as a graph only"):
        PRISMA.untrained()


@pytest.mark.parametrize(("given", "error", "said"), [
    ({"graphs": {}, "architecture": ""}, InvalidValue, "an architecture or a graph"),
    ({"halo": 3}, InvalidValue, "either a halo or a reason"),
    ({"whole_because": ""}, InvalidValue, "either a halo or a reason"),
    ({"weights": "prisma_nhwc.onnx"}, UnknownName, "Did you mean 'prisma_nchw.onnx'"),
])  # fmt: skip
def test_wrong_declarations_are_refused(given, error, said):
    fields = {"name": "x", "graphs": {"onnx": "prisma_nchw.onnx"}, "whole_because": "one size"} | RGB_UNIT
    with pytest.raises(error, match=said):
        Network(**(fields | given))
