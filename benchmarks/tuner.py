"""How long the tuner takes in a browser, beside the operation's own time and the load of the machine; and its memory.

Event to pixels: from a slider's event to the drawn picture of that move, in JupyterLab and in Voila, under Chromium.
Memory: of this process, which stands for the kernel, and of all its workers, while slow jobs are overtaken.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import toolkit as tk
from benchmarks.browser import CHROMIUM, PATIENCE_MS, app, chromium, jupyterlab, open_notebook, run_cell
from toolkit.apps.widgets.live_loop import REST_S, Job, LiveLoop
from toolkit.apps.widgets.settings import Settings
from toolkit.machine.memory import proportional_bytes
from toolkit.machine.process_tree import descendants
from toolkit.workers.live_worker import LiveWorker

MOVES = 20
MOVED = ("stylization", "oil_painting")
OVERTAKEN = 48
GROWS_MOST = 0.05
"""Largest growth of memory from the second to the last quarter of the overtaken jobs."""

PLUGINS = Path(__file__).parents[1] / "tests" / "plugins"
FAULTY = ("needs_nothing_you_have.py", "acts_up.py")
STATE = ".atelier-tuner .state"
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
        f"event to pixels {statistics.median(whole):.0f} ms (100 asked on a quiet machine) = "
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


def memory_is_flat() -> None:
    """Print the memory of the kernel and of all workers while slow jobs are overtaken, each at another setting."""
    tuner = tk.tuner("oil_painting", np.tile(tk.photo("coffee"), (3, 2, 1)), threads=1)
    sizes = []
    for turn in range(OVERTAKEN):
        tuner.set(backend="numpy", size=40 + turn % 10)
        time.sleep(2 * REST_S + 0.5)  # its full picture has begun
        tuner.set(backend="opencv", size=2 + turn % 20)
        assert tuner.result is not None
        time.sleep(1.5)  # the costs of the picture are found out in another process
        sizes.append(_bytes_of_all())
    quarter = OVERTAKEN // 4
    first, last = statistics.median(sizes[quarter : 2 * quarter]), statistics.median(sizes[-quarter:])
    n_processes = len(descendants([os.getpid()]))
    tuner.close()
    print(
        f"{OVERTAKEN} jobs overtaken: the kernel and its workers ({n_processes} processes) take {first / 1e6:.0f} MB "
        f"in the second quarter and {last / 1e6:.0f} MB in the last one: {last / first - 1:+.1%} "
        f"(at most {GROWS_MOST:.0%} asked: {'held' if last <= (1 + GROWS_MOST) * first else 'NOT held'}; largest "
        f"{max(sizes) / 1e6:.0f} MB)"
    )
    _until(lambda: len(descendants([os.getpid()])) == 1)


def _bytes_of_all() -> int:
    """Proportional set size of this process and of all its descendants, bytes."""
    found = [proportional_bytes(pid).value for pid in descendants([os.getpid()])]
    return sum(sizes[1] for sizes in found if sizes is not None)


def zoomed() -> None:
    """Print when the visible part and the full picture are there after a move of a large photo, zoomed in."""
    image = np.tile(tk.photo("retina"), (3, 2, 1))  # 12 MP
    shown: dict[tuple[int, bool], tuple[float, float]] = {}

    def show(job: Job, found: Any, is_exact: bool) -> None:
        key = (job.number, found.window is None)
        shown[key] = (time.perf_counter(), found.took_s)

    loop = LiveLoop(LiveWorker(image), show=show)
    for number in range(1, 4):
        began = time.perf_counter()
        one = job(number, image, backend="numba", size=number + 3)
        loop.post(replace(one, window=(900, 900, 1500, 1900), halo=int(one.settings.params["size"])))
        _until(lambda number=number: (number, True) in shown)
    loop.close()
    (part_s, _), (full_s, op_s) = shown[number, False], shown[number, True]
    print(
        f"zoomed in, 12 MP: the visible part is exact {part_s - began:.2f} s after the move, the full picture "
        f"{full_s - began:.2f} s after it (op {op_s:.2f} s, rest {REST_S} s)"
    )


def uploaded(page: Any) -> None:
    """Print how long it takes until an uploaded picture of 24 MB is exact."""
    noise = np.random.default_rng(2).integers(0, 255, (2830, 2830, 3), np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "noise.png")
        file.write_bytes(cv2.imencode(".png", noise, [cv2.IMWRITE_PNG_COMPRESSION, 0])[1].tobytes())
        began = time.perf_counter()
        page.locator(".atelier-tuner input[type=file]").set_input_files(file)
        page.wait_for_function(
            f"document.querySelector('{STATE}').textContent.includes('2830')", timeout=PATIENCE_MS
        )
        there_s = time.perf_counter() - began
    print(f"a PNG of 24 MB is uploaded and shown in {there_s:.1f} s (6 s asked)")


def in_trouble(page: Any) -> None:
    """Print how long the page takes to say that an operation raises, its process dies, or a backend is missing."""
    page.wait_for_selector(EXACT, timeout=PATIENCE_MS)
    faults = [("fault", "raises", "failed"), ("fault", "dies", "failed")]
    for label, value, state in [*faults, ("backend", "needs_nothing_you_have", "skipped")]:
        control = page.get_by_label(label, exact=True)
        began = time.perf_counter()
        control.select_option(value)
        page.wait_for_selector(f"{STATE}[data-state={state}]", timeout=PATIENCE_MS)
        said_s = time.perf_counter() - began
        began = time.perf_counter()
        control.select_option("none" if label == "fault" else "opencv")
        page.wait_for_selector(EXACT, timeout=PATIENCE_MS)
        next_s = time.perf_counter() - began
        print(
            f"{value}: state {state} after {said_s:.2f} s (1 s asked); the next move is exact after {next_s:.2f} s"
        )


def asleep(page: Any) -> None:
    """Print how long a move takes while a cell sleeps."""
    run_cell(page, 1)
    print(f"a move while a cell sleeps: {page.evaluate(MOVE, [0, 5]):.0f} ms (300 ms asked)")


def main() -> None:
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    overtaken()
    zoomed()
    with tempfile.TemporaryDirectory() as home:
        os.environ["ATELIER_HOME"] = home  # a history of its own
        memory_is_flat()
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
                uploaded(page)
        with tempfile.TemporaryDirectory() as folder:
            path, home = Path(folder), Path(folder, "home")
            with app(path, operation, home=home) as address, chromium() as page:
                page.goto(address)
                in_page(page, "Voila", operation)
    with tempfile.TemporaryDirectory() as folder:
        loads = "".join(f"tk.load_plugin({str(PLUGINS / name)!r})\n" for name in FAULTY)
        cells = [
            f"import toolkit as tk\n{loads}tuner = tk.tuner('acts_up', 'coffee', backend='opencv')\ntuner"
        ]
        path = Path(folder)
        with jupyterlab(path, cells, home=path / "home") as address, chromium() as page:
            open_notebook(page, address)
            in_trouble(page)
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
