"""The tuner's page in a real JupyterLab and Chromium: pixels, keys, quick moves, uploads, faults, a reload."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as pillow

from benchmarks.browser import PATIENCE_MS, chromium, jupyterlab, open_notebook, run_cell
from tests.apps.widgets.tuner_page import (
    EXACT,
    FILE,
    FOCUSABLE,
    OPEN,
    SIZE,
    STATE,
    VIEW,
    decoded,
    only_after,
    painted,
    save,
    settled,
)
from toolkit.apps.widgets.views import View, drawn
from toolkit.results.pictures.shrunk import shrunk

# What the cell sends to the browser first must not make the tuner wait until the cell has ended.
SLEEPS = """import pathlib, time
tuner.set(size=4)
while not pathlib.Path("woken").exists():
    time.sleep(0.1)
print("slept")"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def page(chromium_path: str, tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[Any]:
    """A notebook whose first cell shows a tuner, open in JupyterLab."""
    folder = tmp_path_factory.mktemp("lab")
    cells = [OPEN, SLEEPS]
    with jupyterlab(folder, cells, home=home) as address, chromium() as shown:
        shown.folder = folder
        open_notebook(shown, address)
        shown.wait_for_selector(EXACT, timeout=PATIENCE_MS)
        yield shown


def test_at_100_percent_the_pixels_are_those_of_apply(page):
    shown, (width, height) = only_after(page, "0")
    jpeg = decoded(shrunk(painted("coffee"), 600))
    left, top = round(width / 2 - 300), round(height / 2 - 200)
    rows = slice(max(top, 0), min(top + 400, height - 40))  # without the caption
    columns = slice(max(left, 0) + 4, min(left + 600, width))
    same = jpeg[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    assert same.size > 300_000
    assert np.abs(shown[rows, columns] - same).max() <= 1
    page.locator(VIEW).press("f")


def test_a_fitted_photo_and_a_window_of_it_are_those_of_apply(page):
    page.get_by_label("photo", exact=True).select_option("retina")
    page.wait_for_function(f"document.querySelector('{STATE}').textContent.includes('1411')")
    shown, (width, height) = only_after(page, "f")
    full = painted("retina")
    fit = min(width / 1411, height / 1411)
    whole = (round(1411 * fit), round(1411 * fit))
    jpeg = decoded(drawn(full, View(whole), full=(1411, 1411), of=(1411, 1411))[1])
    left, top = round(width / 2 - 1411 / 2 * fit), round(height / 2 - 1411 / 2 * fit)
    inner = (slice(max(top, 0), height - 40), slice(max(left, 4), left + whole[0]))
    same = jpeg[inner[0].start - top : inner[0].stop - top, inner[1].start - left : inner[1].stop - left]
    assert fit < 0.7 and np.abs(shown[inner] - same).max() <= 1
    shown, (width, height) = only_after(page, "0")
    first = [int(np.floor(1411 / 2 - side / 2)) for side in (width, height)]
    last = [int(np.ceil(1411 / 2 + side / 2)) for side in (width, height)]
    view = View((1411, 1411), (first[0], first[1], last[0], last[1]))
    jpeg = decoded(drawn(full, view, full=(1411, 1411), of=(1411, 1411))[1])
    inner = (slice(0, height - 40), slice(4, width))
    assert np.abs(shown[inner] - jpeg[: shown.shape[0], : shown.shape[1]][inner]).max() <= 1
    page.locator(VIEW).press("f")
    page.get_by_label("photo", exact=True).select_option("coffee")
    page.wait_for_function(f"document.querySelector('{STATE}').textContent.includes('600')")


def test_many_quick_moves_show_frames_and_end_at_the_last_one(page):
    page.wait_for_selector(EXACT, timeout=PATIENCE_MS)
    page.evaluate(
        """view => {
        window.moves = [];
        const watch = new MutationObserver(() => moves.push(Number(view.dataset.move)));
        watch.observe(view, {attributeFilter: ["data-move"]});
    }""",
        page.locator(VIEW).element_handle(),
    )
    slider = page.locator(SIZE).first
    last, jumps = slider.evaluate("""async slider => {
        let events = 0, jumps = 0;  // a busy machine shows few frames, but it shows them while the slider moves
        while (events < 30 || (moves.length < 3 && events < 2000)) {
            const value = 1 + events++ % 30;
            slider.value = value; slider.dispatchEvent(new Event("input"));
            await new Promise(done => setTimeout(done, 10));
            jumps += Number(slider.value) !== value;
        }
        return [1 + (events - 1) % 30, jumps];
    }""")
    seen = page.evaluate("moves.length")
    assert jumps == 0, "the slider jumped back to an older value while it moved"
    settled(page, last)
    moves = page.evaluate("moves")
    page.wait_for_timeout(1200)
    assert seen >= 3 and page.evaluate("moves") == moves == sorted(moves)
    assert slider.input_value() == str(last)
    page.get_by_role("button", name="Defaults", exact=True).click()
    settled(page, 7)


def test_a_half_typed_number_stays_while_a_picture_arrives(page):
    field = page.locator(".atelier-tuner input[type=number]").first
    field.focus()
    field.press("Control+a")
    field.press_sequentially("1")
    move = page.locator(VIEW).get_attribute("data-move")
    page.locator(SIZE).nth(1).evaluate("one => { one.stepUp(); one.dispatchEvent(new Event('input')); }")
    page.wait_for_function(f"document.querySelector('{VIEW}').dataset.move !== '{move}'")
    page.wait_for_selector(EXACT, timeout=PATIENCE_MS)
    page.wait_for_timeout(1200)  # the costs of the picture arrive after the picture
    assert field.input_value() == "1"
    field.press_sequentially("2")
    field.press("Enter")
    settled(page, 12)
    page.get_by_role("button", name="Defaults", exact=True).click()
    settled(page, 7)


def test_the_keys_of_jupyterlab_change_no_cell(page):
    before = page.locator(".jp-Cell").count()
    for one in page.locator(FOCUSABLE).all():
        assert one.get_attribute("data-lm-suppress-shortcuts") == "true"
        if one.is_visible() and one.is_enabled():
            one.focus()
            for key in "xddabymr00":
                page.keyboard.press(key)
    assert page.locator(".jp-Cell").count() == before
    assert page.locator(".jp-CodeCell").first.is_visible()
    assert page.evaluate("document.querySelector('.atelier-tuner input.name').value") == "xddabymr00"
    page.locator(".atelier-tuner input.name").fill("")


def test_every_control_is_reached_and_used_by_keys_alone(page):
    page.get_by_role("button", name="Defaults", exact=True).press("Enter")
    settled(page, 7)
    visible = [one for one in page.locator(FOCUSABLE).all() if one.is_visible() and one.is_enabled()]
    visible[0].focus()
    reached = 1
    for _ in visible[1:]:
        page.keyboard.press("Tab")
        reached += page.evaluate("!!document.activeElement.closest('.atelier-tuner')")
    assert reached == len(visible)
    slider = page.locator(SIZE).first
    slider.focus()
    slider.press("ArrowRight")
    settled(page, 8)
    view = page.locator(VIEW)
    assert "before photo, after size=8: " in view.get_attribute("aria-label")
    view.focus()
    view.press("?")
    assert page.locator(".atelier-tuner pre.keys").first.is_visible()
    view.press("?")
    view.press("2")
    assert page.get_by_role("button", name="Side 2").get_attribute("aria-pressed") == "true"
    view.press("1")
    tries = page.locator(".atelier-tuner .tries button")
    tries.first.focus()
    page.keyboard.press("Shift+Enter")
    page.wait_for_function(
        f"document.querySelector('{VIEW}').ariaLabel.includes('on opencv, one call, after')"
    )
    page.get_by_label("picture before").select_option("photo")


def test_the_page_is_accessible(page):
    axe = pytest.importorskip("axe_playwright_python.base", reason="axe-core is not installed")
    page.evaluate(axe.AXE_FILE_PATH.read_text())
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]}
    found = page.evaluate("rules => axe.run('.atelier-tuner', rules)", rules)
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []


def test_ctrl_s_saves_the_notebook(page):
    page.locator(SIZE).first.focus()
    save(page)


def test_a_large_picture_is_uploaded_in_pieces(page, home, tmp_path):
    noise = np.random.default_rng(2).integers(0, 255, (2830, 2830, 3), np.uint8)
    large = tmp_path / "large.png"
    pillow.fromarray(noise).save(large, compress_level=0)
    assert large.stat().st_size > 24e6
    page.locator(FILE).set_input_files(large)
    page.wait_for_function(
        f"document.querySelector('{EXACT}')?.textContent.includes('2830')", timeout=PATIENCE_MS
    )
    assert (home / "data" / "images" / "large.png").read_bytes() == large.read_bytes()
    page.get_by_role("button", name="Undo", exact=True).click()
    page.wait_for_function(f"document.querySelector('{EXACT}')?.textContent.includes('600')")


def test_a_picture_is_dropped(page):
    picture = io.BytesIO()
    pillow.new("RGB", (40, 30), "teal").save(picture, "PNG")
    page.evaluate(
        """data => {
        const bytes = Uint8Array.from(atob(data), one => one.charCodeAt(0)), transfer = new DataTransfer();
        transfer.items.add(new File([bytes], "teal.png", {type: "image/png"}));
        const drop = new DragEvent("drop", {dataTransfer: transfer, bubbles: true, cancelable: true});
        document.querySelector(".atelier-tuner").dispatchEvent(drop);
    }""",
        base64.b64encode(picture.getvalue()).decode(),
    )
    page.wait_for_function(f"document.querySelector('{EXACT}')?.textContent.includes('40 x 30')")
    page.get_by_role("button", name="Undo", exact=True).click()
    page.wait_for_function(f"document.querySelector('{EXACT}')?.textContent.includes('600')")


def test_a_move_is_answered_while_a_cell_sleeps(page):
    run_cell(page, 1)
    slider = page.locator(SIZE).first
    slider.evaluate("slider => { slider.value = 3; slider.dispatchEvent(new Event('input')); }")
    settled(page, 3)
    output = page.locator(".jp-OutputArea-output", has_text="slept")
    assert output.count() == 0
    (page.folder / "woken").touch()
    output.wait_for()


def test_a_narrow_page_has_one_column_and_the_picture_first(page):
    tuner = page.locator(".atelier-tuner")
    tuner.evaluate("tuner => { tuner.parentElement.style.width = '360px'; }")
    page.wait_for_selector(".atelier-tuner.narrow")
    page.wait_for_timeout(300)
    assert page.locator(VIEW).bounding_box()["y"] < page.locator(SIZE).first.bounding_box()["y"]
    assert tuner.evaluate("tuner => tuner.scrollWidth <= tuner.clientWidth")
    tuner.evaluate("tuner => { tuner.parentElement.style.width = ''; }")


def test_a_reload_with_a_living_kernel_shows_the_pictures_again(page):
    save(page)
    page.reload()
    page.wait_for_selector(EXACT, timeout=PATIENCE_MS)
    pixel = page.locator(VIEW).evaluate(
        "canvas => [...canvas.getContext('2d').getImageData(canvas.width / 2 + 40, canvas.height / 2, 1, 1).data]"
    )
    assert pixel[3] == 255
    assert not page.locator("[id^=atelier-still]").first.is_visible()


def test_the_history_survives_a_restart_of_the_kernel(page):
    settings = page.locator(".atelier-tuner .tries span")
    before = settings.all_text_contents()
    assert len(before) >= 2
    page.locator(".atelier-tuner").evaluate("tuner => { tuner.dataset.old = 'yes'; }")
    page.locator(".jp-CodeCell").nth(1).locator(".jp-InputPrompt").click()
    for key in "00":  # restart the kernel
        page.keyboard.press(key)
    page.locator(".jp-Dialog button.jp-mod-accept").click()
    page.wait_for_selector("[data-status=idle]", timeout=PATIENCE_MS)
    run_cell(page, 0)
    page.wait_for_selector(".atelier-tuner:not([data-old])", timeout=PATIENCE_MS)
    page.wait_for_selector(EXACT, timeout=PATIENCE_MS)
    page.wait_for_function(
        "count => document.querySelectorAll('.atelier-tuner .tries span').length >= count", arg=len(before)
    )
    assert sorted(set(settings.all_text_contents())) == sorted({*before, "defaults"})
    oldest = page.locator(".atelier-tuner .tries button").first
    oldest.click()
    page.wait_for_selector(".atelier-tuner .tries button:first-child[aria-pressed=true]", timeout=PATIENCE_MS)
    page.wait_for_selector(EXACT, timeout=PATIENCE_MS)


def test_reopened_without_its_kernel_the_notebook_shows_the_pictures(page):
    save(page)
    page.evaluate("""async () => {
        const kernels = await (await fetch("/api/kernels?token=x")).json();
        for (const one of kernels) await fetch(`/api/kernels/${one.id}?token=x`, {method: "DELETE"});
    }""")
    page.reload()
    page.wait_for_selector("[id^=atelier-still] canvas.view", timeout=PATIENCE_MS)
    assert page.locator(".atelier-tuner").count() == 0
    assert page.locator("[id^=atelier-still] img").evaluate_all(
        "all => all.every(one => one.naturalWidth > 0)"
    )
