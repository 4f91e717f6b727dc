"""The tuner's page in a real JupyterLab and Chromium: pixels, keys, many quick moves, a reload."""

from __future__ import annotations

import base64
import io
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from PIL import Image as pillow

import toolkit as tk
from toolkit.core.child_process import module_environment
from toolkit.results.pictures.shrunk import jpeg_of, shrunk

PATIENCE_MS = 180_000  # the first picture of a new environment compiles its kernel
CHROMIUM = Path("/usr/bin/chromium")
OPEN = 'import toolkit as tk\ntuner = tk.tuner("oil_painting", "coffee", backend="opencv", threads=1)\ntuner'
SIZE = ".atelier-tuner input[type=range]"
EXACT = ".atelier-tuner .state[data-state=exact]"
PIXELS = """canvas => {
  const context = canvas.getContext("2d"), {width, height} = canvas;
  return [width, height, btoa([...context.getImageData(0, 0, width, height).data]
    .map(value => String.fromCharCode(value)).join(""))];
}"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A notebook whose one cell shows a tuner, open in JupyterLab."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed")
    folder, port = tmp_path_factory.mktemp("lab"), _free_port()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(OPEN)])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, folder / "tune.ipynb")
    options = ("--no-browser", "--allow-root", f"--port={port}", "--IdentityProvider.token=x")
    own = {"JUPYTER_CONFIG_DIR": str(folder / "config"), "JUPYTER_RUNTIME_DIR": str(folder / "runtime")}
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *options, "--LabApp.news_url=None"],
        cwd=folder,
        env={**os.environ, **module_environment(), **own},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with playwright.sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
            shown = browser.new_page(viewport={"width": 1400, "height": 1000})
            _open(shown, f"http://127.0.0.1:{port}/lab/tree/tune.ipynb?token=x")
            shown.locator(".jp-CodeCell .cm-content").first.click()
            shown.keyboard.press("Control+Enter")
            shown.wait_for_selector(EXACT, timeout=PATIENCE_MS)
            yield shown
            browser.close()
    finally:
        server.terminate()
        server.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _open(page: Any, address: str) -> None:
    for _ in range(240):
        try:
            page.goto(address)
            break
        except Exception:  # the server is starting
            page.wait_for_timeout(250)
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=PATIENCE_MS)
    page.wait_for_timeout(1000)


def _settled(page: Any, value: int) -> None:
    page.wait_for_function(
        f"document.querySelector('.atelier-tuner input[type=number]').value === '{value}'"
        f" && document.querySelector('{EXACT}')",
        timeout=PATIENCE_MS,
    )


def test_at_100_percent_the_pixels_are_those_of_apply(page: Any) -> None:
    view = page.locator(".atelier-tuner canvas.view")
    view.focus()
    for key in "1" + "[" * 11 + "0":  # only the picture after, pixel by pixel
        view.press(key)
    width, height, encoded = view.evaluate(PIXELS)
    shown = np.frombuffer(base64.b64decode(encoded), np.uint8).reshape(height, width, 4)[..., :3]
    expected = tk.apply("oil_painting", tk.photo("coffee"), backend="opencv", threads=1)
    jpeg = np.asarray(pillow.open(io.BytesIO(jpeg_of(shrunk(expected, 600)))).convert("RGB"))
    rows = min(height, 400)
    left, top = round(width / 2 - 300), round(height / 2 - 200)
    part = shown[max(top, 0) : max(top, 0) + 200, max(left, 0) + 10 : max(left, 0) + 400]
    same = jpeg[max(-top, 0) : max(-top, 0) + 200, max(-left, 0) + 10 : max(-left, 0) + 400]
    assert rows > 200
    assert np.abs(part.astype(int) - same).max() <= 1
    view.press("f")


def test_many_quick_moves_end_at_the_last_one(page: Any) -> None:
    slider = page.locator(SIZE).first
    slider.evaluate("""async slider => {
        for (let size = 1; size <= 30; size += 1) {
            slider.value = size; slider.dispatchEvent(new Event("input"));
            await new Promise(done => setTimeout(done, 10));
        }
    }""")
    _settled(page, 30)
    page.wait_for_timeout(1200)
    assert slider.input_value() == "30"
    page.get_by_role("button", name="Undo").click()
    _settled(page, 7)


def test_the_keys_of_jupyterlab_change_no_cell(page: Any) -> None:
    before = page.locator(".jp-Cell").count()
    for place in (
        SIZE,
        ".atelier-tuner input[type=number]",
        ".atelier-tuner select",
        ".atelier-tuner canvas.view",
    ):
        page.locator(place).first.focus()
        for key in "xxddabymr00":
            page.keyboard.press(key)
    unsafe = page.evaluate(
        "[...document.querySelectorAll('.atelier-tuner :is(input, select, button, [tabindex])')]"
        ".filter(e => !e.hasAttribute('data-lm-suppress-shortcuts')).length"
    )
    assert unsafe == 0
    assert page.locator(".jp-Cell").count() == before
    assert page.locator(".jp-CodeCell").first.is_visible()


def test_a_reload_with_a_living_kernel_shows_the_pictures_again(page: Any) -> None:
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Control+s")
    page.wait_for_timeout(1500)
    page.reload()
    page.wait_for_selector(EXACT, timeout=PATIENCE_MS)
    pixel = page.locator(".atelier-tuner canvas.view").evaluate(
        "canvas => [...canvas.getContext('2d').getImageData(canvas.width / 2 + 40, canvas.height / 2, 1, 1).data]"
    )
    assert pixel[3] == 255
