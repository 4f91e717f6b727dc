"""The page of all reports with hundreds of runs, opened in Chromium from its folder without a network."""

from __future__ import annotations

import importlib.util
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.browser import CHROMIUM
from benchmarks.history_store import build
from tests.results.factory import MACHINE
from toolkit.apps.report import index_page, reports_folder
from toolkit.contracts.identity import machine_name

if TYPE_CHECKING:
    from playwright.sync_api import Page

MOST_OPEN_MS, MOST_ANSWER_MS = 1000, 100
NOTEBOOKS = ("01_art_filters", "20_super_resolution", "30_matting", "90_history")
WAYS = (
    "oil_painting@opencv",
    "oil_painting@numba",
    "stylization@opencv",
    "edsr@onnxruntime",
    "matting@openvino",
)


def make_reports(home: Path, *, runs: int) -> Path:
    """A folder of so many reports with pictures, and a store behind them; returns the folder."""
    reports = home / "reports"
    random = np.random.default_rng(1)
    picture = cv2.resize(
        random.integers(0, 256, (9, 12, 3), dtype=np.uint8), (480, 360), interpolation=cv2.INTER_CUBIC
    )
    jpeg, png = (cv2.imencode(kind, picture)[1].tobytes() for kind in (".jpg", ".png"))
    for number in range(runs):
        notebook = NOTEBOOKS[number % len(NOTEBOOKS)]
        date = np.datetime64("2025-11-01T03:00:00") + np.timedelta64(number, "D")
        folder = reports / f"{str(date)[:10]}_030000_{notebook}"
        for name, content in {
            "thumbnail.jpg": jpeg,
            "figures/backends.png": png,
            "figures/latency.png": png,
        }.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        (folder / "index.html").write_text("<!doctype html><title>a report</title>")
        (folder / "report.json").write_text(json.dumps(_facts(notebook, f"{date}+00:00", number)))
    return reports


def _facts(notebook: str, started: str, number: int) -> dict[str, object]:
    way = WAYS[number % len(WAYS)]
    n_missing = 4 if number % 17 == 0 else 0
    answer = (
        f"Take {way.partition('@')[2]} for {way.partition('@')[0]}: {2 + number % 5}.{number % 10} x faster."
    )
    said = ["quiet machine"] if n_missing else ["complete: 12 rows", "quiet machine"]
    return {
        "notebook": notebook,
        "title": notebook[3:].replace("_", " ").capitalize(),
        "started": started,
        "took_s": 200.0 + number,
        "status": "failed" if number % 41 == 40 else "ok",
        "error": "ZeroDivisionError: division by zero" if number % 41 == 40 else None,
        "state": "failed" if number % 41 == 40 else "partial" if n_missing else "complete",
        "n_asked": 36,
        "n_missing": n_missing,
        "metrics": {"answer": {"answer": answer, "has_picture": True, "state": said}},
        "machine": machine_name(MACHINE) if number % 3 else "Another CPU, 8 cores",
        "command": f"atelier report {notebook}",
        "rows": {f"{way}:threads=1,input=1155x866": {}, "pencil_sketch@opencv:threads=1": {}},
    }


def open_page(reports: Path, *, width: int, shots: Path | None = None) -> dict[str, float]:
    """Milliseconds of opening the page, searching and filtering it, and opening a series."""
    from playwright.sync_api import sync_playwright

    asked: list[str] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_context(offline=True, viewport={"width": width, "height": 900}).new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto("about:blank")
        started = time.perf_counter()
        page.goto((reports / "index.html").as_uri())
        found = {"open": 1000 * (time.perf_counter() - started)}
        found["search"] = page.evaluate(_TIMED, ["search", "numba"])
        shown = page.locator("#runs > li:visible").count()
        assert 0 < shown < page.locator("#runs > li").count()
        found["filter"] = page.evaluate(_TIMED, ["operation", "oil_painting"])
        if shots:
            page.screenshot(path=str(shots / f"runs_{width}.png"))
        page.evaluate(_TIMED, ["search", ""])
        page.evaluate(_TIMED, ["operation", ""])
        assert faults_of_access(page) == []
        page.locator("#runs details").first.locator("summary").click()
        if shots:
            page.screenshot(path=str(shots / f"pictures_{width}.png"))
        page.locator("#tab-series").click()
        found["search series"] = page.evaluate(_TIMED, ["search", "@opencv"])
        page.locator("#series button:visible").first.click()
        chart = page.locator("#series svg.chart").first
        chart.wait_for()
        axes = chart.text_content() or ""
        assert "time of a call" in axes and "UTC" in axes and axes.count("2025-1") >= 2
        if shots:
            page.screenshot(path=str(shots / f"series_{width}.png"))
        assert faults_of_access(page) == []
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
        browser.close()
    assert [url for url in asked if not url.startswith(("file:", "data:", "about:"))] == []
    return found


def faults_of_access(page: Page) -> list[str]:
    """Rules of accessibility that the page breaks, by axe-core; none where axe-core is not installed."""
    if importlib.util.find_spec("axe_playwright_python") is None:
        return []
    from axe_playwright_python.base import AXE_FILE_PATH

    page.evaluate(AXE_FILE_PATH.read_text())
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]}
    found = page.evaluate("rules => axe.run(document, rules)", rules)
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]]


_TIMED = """([id, value]) => {
  const started = performance.now(), input = document.getElementById(id);
  input.value = value;
  input.dispatchEvent(new Event("input", {bubbles: true}));
  document.body.offsetHeight;
  return performance.now() - started;
}"""


def page_part(folder: Path, *, runs: int, shots: Path | None = None) -> bool:
    """Print how long the page takes; whether it is within its limits."""
    if not CHROMIUM.exists():
        print("The page of all reports: Chromium is not installed, so it was not opened.\n")
        return True
    os.environ["ATELIER_HOME"] = str(folder)
    reports = make_reports(folder, runs=runs)
    build(folder / "data/results/atelier.sqlite", runs=runs, trials=24)
    started = time.perf_counter()
    index_page.write_index(reports, reports_folder.finished(reports), page_file="index.html")
    written_s = time.perf_counter() - started
    print(
        f"The page of all reports, {runs} runs (written in {written_s:.2f} s), from its folder in Chromium:"
    )
    holds = True
    for width in (1400, 420):
        found = open_page(reports, width=width, shots=shots)
        texts = [f"{name} {took:.0f} ms" for name, took in found.items()]
        print(f"  {width} px wide: {', '.join(texts)}")
        holds &= found["open"] <= MOST_OPEN_MS and max(found["search"], found["filter"]) <= MOST_ANSWER_MS
    print(f"(the limits are {MOST_OPEN_MS} ms to open and {MOST_ANSWER_MS} ms to answer)\n")
    return holds
