"""Memory and use of a graphics card; without a card there are no figures."""

from __future__ import annotations

import os
from time import monotonic

import pytest

from toolkit.machine import nvml
from toolkit.machine.graphics import STEADY_S, GraphicsWatch
from toolkit.machine.hardware import graphics_cards, graphics_use

HAS_CARD = bool(nvml.cards())


@pytest.mark.skipif(HAS_CARD, reason="this machine has an NVIDIA card")
def test_without_a_card_there_are_no_figures(capfd):
    with GraphicsWatch([os.getpid()]) as watch:
        watch.now_steady()
    assert not watch.is_watching and not watch.is_whole_card
    assert watch.peak_bytes is None and watch.busy_percent is None
    assert graphics_use() == [] and nvml.use([os.getpid()]) == []
    assert graphics_cards().value is None
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(not HAS_CARD, reason="this machine has no NVIDIA card")
def test_memory_and_use_of_a_card_are_measured():
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("this build of torch has no CUDA")
    with GraphicsWatch([os.getpid()]) as watch:
        taken = torch.zeros(256 << 20, dtype=torch.uint8, device="cuda")
        square = torch.ones(2048, 2048, device="cuda")
        watch.now_steady()
        end = monotonic() + STEADY_S
        while monotonic() < end:
            (square @ square).sum().item()
    assert watch.peak_bytes is not None and watch.peak_bytes >= taken.numel()
    assert watch.busy_percent is not None and watch.busy_percent > 0
