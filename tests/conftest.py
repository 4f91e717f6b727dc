"""Plug-ins named on the command line or in ATELIER_PLUGINS are tested like the operations that ship."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from toolkit.contracts.operation import load_plugin
from toolkit.core.errors import AtelierError


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--plugin", action="append", default=[], metavar="PATH", help="test this plug-in file too"
    )


def pytest_configure(config: pytest.Config) -> None:
    named = filter(None, os.environ.get("ATELIER_PLUGINS", "").split(os.pathsep))
    for path in [*named, *config.getoption("--plugin")]:
        try:
            load_plugin(path)
        except AtelierError as error:
            raise pytest.UsageError(str(error)) from error


@pytest.fixture(scope="session")
def test_images() -> Path:
    """Real photographs, where the environment names a folder of them."""
    folder = os.environ.get("ATELIER_TEST_IMAGES")
    if not folder:
        pytest.skip("ATELIER_TEST_IMAGES names no folder of photographs")
    return Path(folder)


@pytest.fixture(scope="session")
def real_weights() -> Path:
    """Published weights, where the environment names a folder of them."""
    folder = os.environ.get("ATELIER_WEIGHTS")
    if not folder:
        pytest.skip("ATELIER_WEIGHTS names no folder of weights")
    return Path(folder).resolve()


@pytest.fixture
def own_cache_and_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is found from before, and a sweep of somebody else on this machine is not waited for."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
