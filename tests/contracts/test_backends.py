"""Every backend sets what a placement asks for and puts back what it found."""

from __future__ import annotations

import pytest

from toolkit.contracts.backend import BACKENDS, Placement
from toolkit.core.errors import Unavailable
from toolkit.machine.hardware import allowed_cpus

each_backend = pytest.mark.parametrize("name", BACKENDS)


def _lacking(name: str) -> list[str]:
    return sorted({"bf16", "fp16", "int8"} - set(BACKENDS[name].precisions))


@each_backend
def test_declares_itself(name: str) -> None:
    backend = BACKENDS[name]
    assert backend.module
    assert backend.distribution
    assert backend.install
    assert "fp32" in backend.precisions
    assert "cpu" in backend.devices
    assert backend.is_installed() == bool(backend.version())


@each_backend
@pytest.mark.parametrize("threads", [1, 2])
def test_runs_on_no_more_threads_than_it_was_asked_for(name: str, threads: int) -> None:
    backend = BACKENDS[name]
    if not backend.is_installed():
        pytest.skip(f"backend {name} is not installed")
    if threads > allowed_cpus():
        pytest.skip(f"{threads} threads on {allowed_cpus()} processor")
    with backend.session(Placement(threads=threads)):
        # A plain reference runs on one whatever it is asked for, and says so.
        assert backend.observed().get("threads", threads) in (1, threads)


@each_backend
def test_a_session_leaves_no_trace(name: str) -> None:
    backend = BACKENDS[name]
    if not backend.is_installed():
        pytest.skip(f"backend {name} is not installed")
    with backend.session(Placement(threads=1)):
        before = dict(backend.observed())
        with backend.session(Placement(threads=min(2, allowed_cpus()))):
            pass
        assert dict(backend.observed()) == before


@pytest.mark.parametrize("name", [name for name in BACKENDS if _lacking(name)])
def test_refuses_a_precision_that_it_lacks(name: str) -> None:
    backend = BACKENDS[name]
    if not backend.is_installed():
        pytest.skip(f"backend {name} is not installed")
    with (
        pytest.raises(Unavailable, match="precision"),
        backend.session(Placement(precision=_lacking(name)[0])),
    ):
        pass
