"""Where the parts of a tuner are in a page, and how a test waits until a move is exact."""

from __future__ import annotations

from typing import Any

from benchmarks.browser import PATIENCE_MS

OPEN = 'import toolkit as tk\ntuner = tk.tuner("oil_painting", "coffee", backend="opencv", threads=1)\ntuner'
SIZE = ".atelier-tuner input[type=range]"
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
