"""Where the parts of a tuner are in a page, and how a test waits until a move is exact."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from PIL import Image as pillow

import toolkit as tk
from benchmarks.browser import PATIENCE_MS
from tests.waiting import wait_for
from toolkit.results.pictures.shrunk import jpeg_of

OPEN = 'import toolkit as tk\ntuner = tk.tuner("oil_painting", "coffee", backend="opencv", threads=1)\ntuner'
SIZE = ".atelier-tuner input[type=range]"
FILE = ".atelier-tuner input[type=file]"
VIEW = ".atelier-tuner canvas.view"
STATE = ".atelier-tuner .state"
EXACT = f"{STATE}[data-state=exact]"
FOCUSABLE = ".atelier-tuner :is(input:not([type=file]), select, button, canvas[tabindex], a[href])"
PIXELS = """canvas => {
  const context = canvas.getContext("2d"), {width, height} = canvas;
  const data = context.getImageData(0, 0, width, height).data;
  let text = "";
  for (let at = 0; at < data.length; at += 30000) text += String.fromCharCode(...data.subarray(at, at + 30000));
  return [width, height, btoa(text)];
}"""


def settled(page: Any, value: int) -> None:
    """Wait until the first number field has this value and its picture is exact."""
    page.wait_for_function(
        f"document.querySelector('.atelier-tuner input[type=number]').value === '{value}'"
        f" && document.querySelector('{EXACT}')",
        timeout=PATIENCE_MS,
    )


def save(page: Any) -> None:
    """Save the notebook by its keys, and wait until its file has changed."""
    file = page.folder / "tune.ipynb"
    before = file.stat().st_mtime_ns
    page.keyboard.press("Control+s")
    wait_for(lambda: file.stat().st_mtime_ns > before)


def only_after(page: Any, *keys: str) -> tuple[np.ndarray, tuple[int, int]]:
    """The pixels of the view with the picture after alone, RGB, and the size of the view."""
    view = page.locator(VIEW)
    view.focus()
    for key in ("1", *"[" * 21, *keys):
        view.press(key)
    page.wait_for_timeout(700)
    page.wait_for_selector(EXACT, timeout=PATIENCE_MS)
    width, height, encoded = view.evaluate(PIXELS)
    pixels = np.frombuffer(base64.b64decode(encoded), np.uint8).reshape(height, width, 4)[..., :3]
    return pixels.astype(int), (width, height)


def decoded(picture: pillow.Image) -> np.ndarray:
    """The pixels of a picture after it has travelled as JPEG, RGB."""
    return np.asarray(pillow.open(io.BytesIO(jpeg_of(picture))).convert("RGB")).astype(int)


def painted(photo: str) -> np.ndarray:
    """What `tk.apply` makes with the settings of `OPEN`."""
    return tk.apply("oil_painting", tk.photo(photo), backend="opencv", threads=1)
