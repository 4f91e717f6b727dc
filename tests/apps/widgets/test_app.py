"""Voila serves the tuner as a page of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.browser import CHROMIUM, PATIENCE_MS, app, chromium
from tests.apps.widgets.tuner_page import EXACT, SIZE, settled


def test_voila_serves_the_tuner(tmp_path: Path) -> None:
    pytest.importorskip("voila", reason="Voila is not installed")
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed")
    home = tmp_path / "home"
    with (
        app(tmp_path, "oil_painting", home=home, backend="opencv", threads=1) as address,
        chromium() as shown,
    ):
        shown.goto(address)
        shown.wait_for_selector(EXACT, timeout=PATIENCE_MS)
        shown.locator(SIZE).first.focus()
        shown.keyboard.press("ArrowRight")
        settled(shown, 8)
