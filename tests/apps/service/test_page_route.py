"""The page in Chromium: from a dropped picture to its result, a full queue, a reload, a second tab; no other host."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from tests.apps.service.running_service import RunningService, png, running

PATIENCE_MS = 60_000
DROP = """([name, content]) => {
  const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0));
  const moved = new DataTransfer();
  moved.items.add(new File([bytes], name, {type: "image/png"}));
  document.getElementById("drop").dispatchEvent(new DragEvent("drop", {dataTransfer: moved, bubbles: true}));
}"""
SET = """([id, value]) => {
  const input = document.getElementById(id);
  input.value = value;
  input.dispatchEvent(new Event("input"));
}"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    with running(tmp_path_factory.mktemp("page"), "naps", "oil_painting", "--queue", "1") as started:
        yield started


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        yield started
        started.close()


class Tab:
    """The page in a tab; what it asks other hosts for and what it complains of is kept."""

    def __init__(self, context: Any, service: RunningService) -> None:
        self.elsewhere: list[str] = []
        self.complaints: list[str] = []
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("request", lambda request: self._note(request.url, service.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: self._hear(message))
        self.page.goto(service.url)
        self.page.wait_for_selector("#operation option", state="attached")

    def _note(self, url: str, own: str) -> None:
        if not url.startswith((own, "blob:", "data:")):
            self.elsewhere.append(url)

    def _hear(self, message: Any) -> None:
        if message.type == "error" and "status of 4" not in message.text:  # 429 is shown by the page
            self.complaints.append(message.text)

    def drop(self, name: str, content: bytes) -> None:
        self.page.evaluate(DROP, [name, base64.b64encode(content).decode()])
        self.page.wait_for_selector("#picked li")

    def nap(self, name: str, seed: int, seconds: float) -> Any:
        """Send a picture that takes so long; its card."""
        self.page.select_option("#operation", "naps")
        self.page.evaluate(SET, ["param-seconds", seconds])
        self.drop(name, png(seed=seed))
        self.page.click("#send")
        return self.card(name)

    def card(self, name: str) -> Any:
        return self.page.locator(".job", has_text=name)


@pytest.fixture
def context(browser: Any) -> Iterator[Any]:
    made = browser.new_context(viewport={"width": 1400, "height": 900}, accept_downloads=True)
    yield made
    made.close()


def test_a_dropped_picture_becomes_a_result_to_compare_enlarge_and_download(context, service, tmp_path):
    tab = Tab(context, service)
    tab.page.select_option("#operation", "oil_painting")
    assert tab.page.locator("#param-size").get_attribute("max") == "50"
    tab.drop("tower.png", png(200, 150, seed=1))
    tab.page.click("#send")
    card = tab.card("tower.png")
    slide = card.locator(".compare input")
    slide.wait_for()
    before = card.locator(".before")
    clip = before.evaluate("element => getComputedStyle(element).clipPath")
    slide.focus()
    for _ in range(20):
        tab.page.keyboard.press("ArrowRight")
    assert before.evaluate("element => getComputedStyle(element).clipPath") != clip
    sizes = [
        card.locator(name).evaluate("one => [one.naturalWidth, one.naturalHeight]")
        for name in (".before", ".after")
    ]
    assert sizes == [[200, 150], [200, 150]]
    with tab.page.expect_download() as download:
        card.get_by_text("Download").click()
    assert download.value.suggested_filename == "tower-oil_painting.png"
    download.value.save_as(tmp_path / "result.png")
    assert (tmp_path / "result.png").read_bytes().startswith(b"\x89PNG")
    card.get_by_text("Full size").click()
    tab.page.wait_for_function("document.getElementById('zoomed').clientWidth > 0")
    fits = tab.page.evaluate("document.getElementById('zoomed').clientWidth")
    tab.page.get_by_text("Larger").click()
    assert tab.page.evaluate("document.getElementById('zoomed').clientWidth") > fits
    tab.page.keyboard.press("Escape")
    assert not tab.page.evaluate("document.getElementById('zoom').open")
    assert tab.elsewhere == [] and tab.complaints == []


def test_a_full_queue_is_counted_down_and_jobs_are_found_after_a_reload_and_in_a_second_tab(context, service):
    tab = Tab(context, service)
    first = tab.nap("first.png", 10, 30.0)
    first.get_by_text("runs,").wait_for()
    second = tab.nap("second.png", 11, 0.1)
    second.get_by_text("waits as number 1").wait_for()
    third = tab.nap("third.png", 12, 0.1)
    third.get_by_text("is sent again in").wait_for()
    tab.page.reload()
    tab.card("first.png").get_by_text("runs,").wait_for()
    share = tab.card("first.png").locator("progress").evaluate("bar => bar.value")
    other = Tab(context, service)
    other.card("second.png").get_by_text("waits as number").wait_for()
    other.card("first.png").get_by_role("button", name="Cancel").click()
    tab.card("first.png").get_by_text("cancelled").wait_for()
    tab.card("second.png").locator(".compare").wait_for()
    assert 0 < share < 1
    assert tab.card("third.png").count() == 0  # it never had a job, and the page was left
    assert tab.complaints == other.complaints == [] and tab.elsewhere == other.elsewhere == []


def test_a_refused_picture_says_why(context, service):
    tab = Tab(context, service)
    tab.drop("diary.png", b"Dear diary")
    tab.page.click("#send")
    tab.card("diary.png").get_by_text("not a picture").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_page_has_no_fault_of_access_in_either_colour_scheme(browser, service, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    narrow = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme, bypass_csp=True)
    try:
        tab = Tab(narrow, service)
        card = tab.nap(f"{scheme}.png", 20 + len(scheme), 0.05)
        card.locator(".compare").wait_for()
        tab.drop("next.png", png(seed=30))
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= 360
        found = axe.Axe().run(tab.page)
        assert found.violations_count == 0, found.generate_report()
    finally:
        narrow.close()


def test_the_page_allows_nothing_but_itself(service):
    policy = service.client.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
