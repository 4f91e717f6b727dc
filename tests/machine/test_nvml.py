"""Cards as a stand-in for the driver's library describes them; a figure that the driver refuses is None."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from toolkit.machine import nvml


class Refused(Exception):
    pass


def refuse(*_: object) -> None:
    raise Refused


def use_driver(monkeypatch: pytest.MonkeyPatch, **answers: Any) -> None:
    """One card with 8 GB, which two processes use."""
    processes = [SimpleNamespace(pid=7, usedGpuMemory=100), SimpleNamespace(pid=8, usedGpuMemory=200)]
    usual = {
        "NVMLError": Refused,
        "nvmlSystemGetDriverVersion": lambda: "550.54.15",
        "nvmlDeviceGetCount": lambda: 1,
        "nvmlDeviceGetHandleByIndex": lambda index: f"card {index}",
        "nvmlDeviceGetName": lambda card: "NVIDIA H200",
        "nvmlDeviceGetMemoryInfo": lambda card: SimpleNamespace(total=8_000, used=300),
        "nvmlDeviceGetComputeRunningProcesses": lambda card: processes,
        "nvmlDeviceGetUtilizationRates": lambda card: SimpleNamespace(gpu=40),
    }
    library = SimpleNamespace(**usual | answers)
    monkeypatch.setattr(nvml, "_library", lambda: library)
    monkeypatch.setattr(nvml, "_handles", nvml._handles.__wrapped__)


def test_a_card_and_its_use(monkeypatch: pytest.MonkeyPatch) -> None:
    use_driver(monkeypatch)
    assert nvml.cards() == [{"name": "NVIDIA H200", "driver": "550.54.15", "memory_bytes": 8_000}]
    assert nvml.use([7, 9]) == [nvml.CardUse(used_bytes=300, own_bytes=100, busy_percent=40)]


def test_a_refused_figure_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    use_driver(monkeypatch, nvmlDeviceGetUtilizationRates=refuse, nvmlDeviceGetComputeRunningProcesses=refuse)
    assert nvml.use([7]) == [nvml.CardUse(used_bytes=300, own_bytes=None, busy_percent=None)]


def test_memory_is_unknown_when_a_process_has_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = [SimpleNamespace(pid=7, usedGpuMemory=None), SimpleNamespace(pid=8, usedGpuMemory=200)]
    use_driver(monkeypatch, nvmlDeviceGetComputeRunningProcesses=lambda card: hidden)
    assert nvml.use([7, 8])[0].own_bytes is None
