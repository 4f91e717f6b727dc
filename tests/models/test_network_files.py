"""Paths of a network's files, and the errors for missing ones."""

from __future__ import annotations

import pytest

from tests.models.networks import CARN_M, PRISMA, RGB_UNIT
from toolkit.core.errors import Unavailable, Unsupported
from toolkit.models import network_files
from toolkit.models.network import Network


@pytest.fixture(autouse=True)
def no_weights_here(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("ATELIER_WEIGHTS", raising=False)


def test_without_weights_it_is_unavailable_and_says_source_and_checksum():
    for get in (network_files.checkpoint, network_files.module):
        with pytest.raises(Unavailable, match="nmhkahn/CARN-pytorch.*sha256:d48a759a"):
            get(CARN_M)
    with pytest.raises(Unavailable, match="'prisma_nchw.onnx' are not on this machine"):
        network_files.graph(PRISMA, "onnx")
    assert network_files.graph(PRISMA, "tflite") is None


def test_a_network_without_published_weights_runs_untrained_only():
    unet = Network(
        name="unet",
        architecture="unet_matting",
        multiple=16,
        whole_because="it sees the whole portrait",
        **RGB_UNIT,
    )
    with pytest.raises(Unavailable, match="unet.*weights=untrained"):
        network_files.module(unet)


def test_a_published_graph_has_no_torch_module():
    with pytest.raises(Unsupported, match="prisma has no torch module"):
        network_files.module(PRISMA)
