"""Report pages in Chromium: bytes, time to open, and faults of access that axe-core finds in light and dark.

Run: ``python -m benchmarks.report_pages PAGE.html [PAGE.html ...]``; ``make bench-busy`` runs it on the pages that it
makes. Exits with 1 if a page of at most 40 rows is larger than 4 MB or opens in more than 1.5 s, if axe-core finds a
serious fault, or if a page writes to the console, asks for another file, or is wider than the window.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.browser import CHROMIUM

WIDTHS_PX = (1400, 420)
MOST_ROWS, MOST_BYTES, MOST_OPEN_MS = 40, 4_000_000, 1500
_SERIOUS = {"serious", "critical"}


@dataclass
class OpenedPage:
    """What Chromium found on one page in one window.

    Attributes
    ----------
    open_ms : float
        Time until the page and its pictures are loaded, ms.
    faults : list of str
        Serious and critical faults of access, each with its rule, its element and the reason.
    complaints : list of str
        Messages on the console, addresses of other files that the page asked for, and a page wider than the window.
    """

    open_ms: float
    faults: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@contextmanager
def started_chromium() -> Iterator[Any]:
    """Yield a Chromium without windows."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


def opened(browser: Any, page_file: Path, *, width_px: int, scheme: str = "light") -> OpenedPage:
    """Open a report page from its folder without a network, and look for faults.

    Parameters
    ----------
    scheme : {"light", "dark"}
        The colours that the reader's system prefers.
    """
    from axe_playwright_python.base import AXE_FILE_PATH

    context = browser.new_context(
        offline=True, viewport={"width": width_px, "height": 900}, color_scheme=scheme
    )
    page, said, asked = context.new_page(), [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    started = time.perf_counter()
    page.goto(page_file.as_uri(), wait_until="load")
    found = OpenedPage(open_ms=1000 * (time.perf_counter() - started))
    own = (page_file.as_uri(), "data:", "blob:")
    found.complaints = [*said, *(f"asked for {url}" for url in asked if not url.startswith(own))]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.complaints.append(f"the page is wider than {width_px} px")
    page.evaluate(AXE_FILE_PATH.read_text())
    violations = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")["violations"]
    found.faults = [text for one in violations if one["impact"] in _SERIOUS for text in _texts(one)]
    context.close()
    return found


def _texts(violation: dict[str, Any]) -> list[str]:
    return [
        f"{violation['id']}: {node['html'][:160]}: {' '.join(node['failureSummary'].split())}"
        for node in violation["nodes"]
    ]


def pages_hold(pages: Sequence[Path]) -> bool:
    """Print bytes, time to open and faults of each page; whether all limits hold."""
    if not CHROMIUM.exists():
        print("Chromium is not installed, so no page was opened.")
        return True
    print(f"{'report':28}{'rows':>6}{'MB':>7}{'open, ms':>14}  faults")
    holds = True
    with started_chromium() as browser:
        for page_file in pages:
            looks = [opened(browser, page_file, width_px=width_px) for width_px in WIDTHS_PX]
            looks.append(opened(browser, page_file, width_px=WIDTHS_PX[0], scheme="dark"))
            facts = json.loads((page_file.parent / "report.json").read_text())
            n_rows, size_bytes = len(facts.get("rows", ())), page_file.stat().st_size
            times_ms = [look.open_ms for look in looks]
            faults = list(dict.fromkeys(text for look in looks for text in (*look.faults, *look.complaints)))
            took = f"{min(times_ms):.0f} to {max(times_ms):.0f}"
            print(f"{facts['notebook']:28}{n_rows:6}{size_bytes / 1e6:7.2f}{took:>14}  {len(faults)}")
            print("".join(f"    {text}\n" for text in faults), end="", flush=True)
            is_small = size_bytes <= MOST_BYTES and min(times_ms) <= MOST_OPEN_MS
            holds &= not faults and (is_small or n_rows > MOST_ROWS)
    limits = f"{MOST_BYTES / 1e6:.0f} MB and {MOST_OPEN_MS / 1000:g} s"
    print(f"(the limits of a report of up to {MOST_ROWS} rows are {limits}; faults: none)\n")
    return holds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="+", type=Path)
    return 0 if pages_hold([page.resolve() for page in parser.parse_args().pages]) else 1


if __name__ == "__main__":
    sys.exit(main())
