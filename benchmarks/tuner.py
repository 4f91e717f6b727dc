"""How long the tuner takes in a browser, beside the operation's own time and the load of the machine.

Event to pixels: from a slider's event to the drawn picture of that move, in JupyterLab and in Voila, under Chromium.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import toolkit as tk
from benchmarks.browser import CHROMIUM, PATIENCE_MS, app, chromium, jupyterlab, open_notebook, run_cell
from toolkit.apps.widgets.live_loop import REST_S, Job, LiveLoop
from toolkit.apps.widgets.settings import Settings
from toolkit.workers.live_worker import LiveWorker

MOVES = 20
MOVED = ("stylization", "oil_painting")
EXACT = ".atelier-tuner .state[data-state=exact]"
MOVE = """async ([number, value]) => {
    const root = document.querySelector(".atelier-tuner"), view = root.querySelector("canvas.view");
    const slider = root.querySelectorAll("input[type=range]")[0], old = view.dataset.move;
    const began = performance.now();
    slider.value = value; slider.dispatchEvent(new Event("input"));
    while (view.dataset.move === old) await new Promise(done => requestAnimationFrame(done));
    return performance.now() - began;
}"""
BURST = """async () => {
    const root = document.querySelector(".atelier-tuner"), view = root.querySelector("canvas.view"), moves = [];
    const watch = new MutationObserver(() => moves.push([performance.now(), Number(view.dataset.move)]));
    watch.observe(view, {attributeFilter: ["data-move"]});
    const slider = root.querySelectorAll("input[type=range]")[0];
    let last = 0;
    for (let i = 0; i < 50; i += 1) {
        slider.value = 5 + i % 25; slider.dispatchEvent(new Event("input")); last = performance.now();
        await new Promise(done => setTimeout(done, 10));
    }
    await new Promise(done => setTimeout(done, 2500));
    watch.disconnect();
    const end = moves.filter(([, number], i) => !i || number !== moves[i - 1][1]);
    const is_ordered = end.every(([, n], i) => !i || n > end[i - 1][1]);
    return {frames: end.length, last_ms: end.at(-1)[0] - last, is_ordered};
}"""


def cell(operation: str, photo: str = "coffee") -> str:
    return f"import toolkit as tk\ntuner = tk.tuner({operation!r}, {photo!r})\ntuner"


def job(number: int, image: Any, *, backend: str, size: int) -> Job:
    params = tk.OPERATIONS["oil_painting"].resolve({"size": size})
    settings = Settings(photo="", params=params, backend=backend, threads=1)
    return Job(number=number, operation="oil_painting", settings=settings, photo=image)


def in_page(page: Any, where: str, operation: str) -> None:
    """Print event to pixels, and a burst of 50 events."""
    page.wait_for_selector(EXACT, timeout=PATIENCE_MS)
    page.wait_for_timeout(3000)
    whole, own = [], []
    for number in range(MOVES):
        whole.append(page.evaluate(MOVE, [number, 8 + number]))
        page.wait_for_timeout(400)
        text = page.locator(".atelier-tuner dd.this-picture").text_content()
        value, unit = text.split()[:2]
        own.append(float(value) * (1 if unit == "ms" else 1e-3 if unit == "µs" else 1e3))
    over = sorted(one - op for one, op in zip(whole, own, strict=True))
    print(
        f"{where}, {operation}: op {statistics.median(own):.0f} ms; "
        f"event to pixels {statistics.median(whole):.0f} ms = "
        f"op + {statistics.median(over):.0f} ms (median; 90 asked), op + {over[int(0.9 * MOVES)]:.0f} ms "
        "(p90; 150 asked)"
    )
    burst = page.evaluate(BURST)
    print(
        f"{where}, {operation}: 50 events: last picture {burst['last_ms']:.0f} ms after the last event "
        f"(op + 250 asked), {burst['frames']} frames, in order: {burst['is_ordered']}"
    )


def overtaken() -> None:
    """Print how long the second picture takes when the full picture of a slow job is overtaken after 0.5 s."""
    image = np.tile(tk.photo("coffee"), (3, 2, 1))
    began = time.perf_counter()
    tk.apply("oil_painting", image, backend="numpy", size=50)
    slow_s = time.perf_counter() - began
    shown: list[tuple[Any, ...]] = []
    worker = LiveWorker(image)
    loop = LiveLoop(worker, show=lambda *one: shown.append((one[0].number, one[2])))
    seconds = []
    for turn in range(5):
        loop.post(job(2 * turn, image, backend="numpy", size=50))
        _until(lambda number=2 * turn: (number, False) in shown)  # the preview: the full picture is next
        time.sleep(REST_S + 0.5)
        began = time.perf_counter()
        loop.post(job(2 * turn + 1, image, backend="opencv", size=5))
        _until(lambda number=2 * turn + 1: (number, True) in shown)
        seconds.append(time.perf_counter() - began)
    loop.close()
    each = ", ".join(f"{one:.2f} s" for one in seconds)
    print(f"a job of {slow_s:.1f} s overtaken at 0.5 s, five times: exact picture after {each} (3.5 s asked)")


def _until(is_true: Callable[[], bool]) -> None:
    while not is_true():
        time.sleep(0.005)


def asleep(page: Any) -> None:
    """Print how long a move takes while a cell sleeps."""
    run_cell(page, 1)
    print(f"a move while a cell sleeps: {page.evaluate(MOVE, [0, 5]):.0f} ms (300 ms asked)")


def main() -> None:
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    overtaken()
    if not CHROMIUM.exists():
        sys.exit("Chromium is not installed: the browser's part is left out.")
    for operation in MOVED:
        with tempfile.TemporaryDirectory() as folder:
            path, home = Path(folder), Path(folder, "home")
            cells = [cell(operation), "import time\ntime.sleep(4)"]
            with jupyterlab(path, cells, home=home) as address, chromium() as page:
                open_notebook(page, address)
                in_page(page, "JupyterLab", operation)
                asleep(page)
        with tempfile.TemporaryDirectory() as folder:
            path, home = Path(folder), Path(folder, "home")
            with app(path, operation, home=home) as address, chromium() as page:
                page.goto(address)
                in_page(page, "Voila", operation)
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
