"""A real Chromium on a real JupyterLab or Voila, with a notebook of a few cells."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from toolkit.core.child_process import module_environment

CHROMIUM = Path("/usr/bin/chromium")
PATIENCE_MS = 90_000  # the first picture of a new environment compiles its kernel
STRICT_CSP = "img-src 'self' data:"
"""A content security policy under which a page cannot show pictures from blob: addresses."""


def write_notebook(path: Path, cells: Sequence[str]) -> Path:
    """A notebook of code cells."""
    made = [
        {
            "cell_type": "code",
            "id": f"c{i}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": text,
        }
        for i, text in enumerate(cells)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


@contextmanager
def served(command: Callable[[int], list[str]], folder: Path, *, home: Path) -> Iterator[str]:
    """Start a Jupyter server, Python with these arguments for a port, and yield its address; ends it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    own = {"JUPYTER_CONFIG_DIR": str(folder / "config"), "JUPYTER_RUNTIME_DIR": str(folder / "runtime")}
    server = subprocess.Popen(
        [sys.executable, *command(port)],
        cwd=folder,
        env={**os.environ, **module_environment(), **own, "ATELIER_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(600):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
                break
            time.sleep(0.1)
        yield address
    finally:
        server.send_signal(signal.SIGINT if "-c" in server.args else signal.SIGTERM)
        try:
            server.wait(60)
        except (
            subprocess.TimeoutExpired
        ):  # on a busy machine JupyterLab sometimes waits for a kernel without end
            server.kill()
            server.wait()


@contextmanager
def jupyterlab(folder: Path, cells: Sequence[str], *, home: Path) -> Iterator[str]:
    """Yield the address of a notebook that is open in JupyterLab under a strict policy."""
    write_notebook(folder / "tune.ipynb", cells)
    headers = {"headers": {"Content-Security-Policy": STRICT_CSP}}
    options = [
        "--no-browser",
        "--allow-root",
        "--IdentityProvider.token=x",
        "--LabApp.news_url=None",
        f"--ServerApp.tornado_settings={headers}",
    ]
    with served(lambda port: ["-m", "jupyterlab", f"--port={port}", *options], folder, home=home) as address:
        yield f"{address}/lab/tree/tune.ipynb?token=x"


@contextmanager
def app(folder: Path, operation: str, *, home: Path, **settings: object) -> Iterator[str]:
    """Yield the address of the tuner as Voila serves it; a Ctrl-C ends it."""

    def command(port: int) -> list[str]:
        options = f"settings={settings!r}, port={port}, opens_browser=False"
        code = f"serve_app({operation!r}, 'coffee', {options})"
        return ["-c", f"from toolkit.apps.widgets.app import serve_app\nraise SystemExit({code})"]

    with served(command, folder, home=home) as address:
        yield address


@contextmanager
def chromium(**options: Any) -> Iterator[Any]:
    """Yield a page of a new Chromium; `options` are those of playwright's ``new_page``."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page(**{"viewport": {"width": 1400, "height": 1000}, **options})
        page.set_default_timeout(PATIENCE_MS)
        yield page
        browser.close()


def open_notebook(page: Any, address: str) -> None:
    """Open a notebook in JupyterLab and run its first cell."""
    page.goto(address)
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=PATIENCE_MS)
    page.wait_for_selector("[data-status=idle]", timeout=PATIENCE_MS)  # the kernel is there
    run_cell(page, 0)


def run_cell(page: Any, number: int) -> None:
    """Run a cell, and wait until it has begun."""
    cell = page.locator(".jp-CodeCell").nth(number)
    for _ in range(20):  # JupyterLab drops keys while it builds the notebook
        cell.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        page.wait_for_timeout(500)
        if cell.locator(".jp-InputPrompt").text_content() != "[ ]:":
            break
