"""Plug-ins named on the command line or in ATELIER_PLUGINS are tested like the operations that ship."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from benchmarks.browser import CHROMIUM
from tests.cluster_fixture import cluster_address  # noqa: F401 - a fixture for all tests
from tests.queue_fixture import celery_broker  # noqa: F401 - likewise
from toolkit.bench.plan import QUICK, Plan
from toolkit.contracts.operation import load_plugin
from toolkit.core.errors import AtelierError


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--plugin", action="append", default=[], metavar="PATH", help="test this plug-in file too"
    )


def pytest_configure(config: pytest.Config) -> None:
    beside = os.environ.get("PYTEST_XDIST_WORKER")
    if beside:
        # Each of the processes that run tests side by side measures without waiting for the lock of the others.
        folder = os.environ["TMPDIR"] = tempfile.mkdtemp(prefix=f"atelier-tests-{beside}-")
        tempfile.tempdir = None
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    named = filter(None, os.environ.get("ATELIER_PLUGINS", "").split(os.pathsep))
    for path in [*named, *config.getoption("--plugin")]:
        try:
            load_plugin(path)
        except AtelierError as error:
            raise pytest.UsageError(str(error)) from error


def pytest_runtest_setup() -> None:
    # A command that an earlier test ran with --quiet does not silence this one.
    logging.getLogger("toolkit").setLevel(logging.NOTSET)


@pytest.fixture(scope="session")
def test_images() -> Path:
    """Real photographs, where the environment names a folder of them."""
    folder = os.environ.get("ATELIER_TEST_IMAGES")
    if not folder:
        pytest.skip("set ATELIER_TEST_IMAGES to a folder of real photographs to run this test")
    return Path(folder)


@pytest.fixture(scope="session")
def real_weights() -> Path:
    """Published weights, where the environment names a folder of them."""
    folder = os.environ.get("ATELIER_WEIGHTS")
    if not folder:
        pytest.skip(
            "set ATELIER_WEIGHTS to a folder of published weights (atelier weights fetch) to run this test"
        )
    return Path(folder).resolve()


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The path of Chromium, which Playwright controls."""
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"install Chromium as {CHROMIUM} to run this test")
    return str(CHROMIUM)


@pytest.fixture
def few_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quick sweep measures as many blocks as ever, each with few calls: for tests that look at rows, not at times."""
    monkeypatch.setattr("toolkit.studies.collection.QUICK", Plan(blocks=QUICK.blocks, seconds=0.02))


@pytest.fixture
def own_cache_and_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is found from before, and a sweep of somebody else on this machine is not waited for."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
