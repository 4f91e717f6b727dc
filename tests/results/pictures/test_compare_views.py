"""A comparison has the right colours, is a small file, and needs nothing from elsewhere."""

from __future__ import annotations

import base64
import io
import re
from functools import partial
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from tests.results.drawn import BLUE, RED, plain
from toolkit.core.errors import InvalidValue
from toolkit.results.pictures.compare_views import before_after, comparisons

PIXEL = """(canvas, share) => {
    const {data} = canvas.getContext("2d").getImageData(canvas.width * share, canvas.height * 0.3, 1, 1);
    return [...data].slice(0, 3).map(value => value > 127 ? 255 : 0);
}"""


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def of(self, name):
        return [attributes for tag, attributes in self.found if tag == name]


def pictures_in(html):
    uris = [image["src"] for image in Tags(html).of("img")]
    assert all(uri.startswith("data:image/jpeg;base64,") for uri in uris)
    return [Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))) for uri in uris]


def test_the_slider_holds_both_pictures_in_their_colours():
    after, before = pictures_in(before_after(plain(RED), plain(BLUE), "stylization").html)
    assert np.allclose(before.getpixel((5, 5)), (255, 0, 0), atol=3)
    assert np.allclose(after.getpixel((5, 5)), (0, 0, 255), atol=3)


def test_the_slider_needs_nothing_from_elsewhere():
    html = before_after(plain(RED), plain(BLUE), "stylization").html
    assert not re.search(r"https?:|url\(|\bsrc=\"(?!data:)|import ", html)


def test_the_slider_can_be_used_with_the_keyboard_and_read_aloud():
    shown = before_after(plain(RED), plain(BLUE), "stylization", names=("photo", "watercolour"))
    tags = Tags(shown.html)
    (slider,) = tags.of("input")
    assert slider["type"] == "range" and "photo" in slider["aria-label"]
    assert [image["alt"] for image in tags.of("img")] == ["watercolour", "photo"]
    assert repr(shown) == "stylization: photo and watercolour"


def test_large_pictures_are_shown_small():
    shown = before_after(plain(RED, 1500, 3000), plain(BLUE, 3000, 6000), "two sizes")
    assert [picture.size for picture in pictures_in(shown.html)] == [(900, 450)] * 2


def test_two_sliders_on_a_page_do_not_share_a_style():
    names = {Tags(before_after(plain(RED), plain(BLUE), "x").html).of("figure")[0]["class"] for _ in range(2)}
    assert len(names) == 2


def test_a_comparison_stays_under_300_kb():
    noise = np.random.default_rng(1).integers(0, 255, (1200, 1600, 3), np.uint8)
    assert len(before_after(noise, noise[::-1], "noise").html) < 300_000


def test_in_a_browser_comparisons_work_offline_by_keys_pointer_and_fingers(tmp_path, chromium_path):
    from playwright.sync_api import sync_playwright

    page_file = comparisons(
        plain(RED, 300, 400), {"a": plain(BLUE, 300, 400), "b": plain(RED, 300, 400)}
    ).save(tmp_path / "page.html")
    asked, said = [], []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        context = browser.new_context(offline=True, has_touch=True, viewport={"width": 900, "height": 700})
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(page_file.as_uri())
        page.wait_for_selector("canvas.view")
        view = page.locator("canvas.view").first
        box = view.bounding_box()
        at = partial(view.evaluate, PIXEL)
        assert (at(0.2), at(0.8)) == ([255, 0, 0], [0, 0, 255])
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 40)
        page.mouse.up()
        assert at(0.8) == [255, 0, 0]
        view.focus()
        for key in "[[[[[[":
            view.press(key)
        assert at(0.8) == [0, 0, 255]
        view.press("4")
        assert at(0.5) == [255, 0, 255]
        view.press("1")
        before = page.locator(".percent").first.text_content()
        touch = context.new_cdp_session(page)
        for kind, apart in (("touchStart", 20), ("touchMove", 60), ("touchMove", 90)):
            middle, down = box["x"] + box["width"] / 2, box["y"] + 60
            points = [{"x": middle - apart, "y": down, "id": 0}, {"x": middle + apart, "y": down, "id": 1}]
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        after = page.locator(".percent").first.text_content()
        browser.close()
    assert int(after.split()[0]) > 1.5 * int(before.split()[0])
    assert said == [] and [url for url in asked if not url.startswith(("file:", "data:"))] == []


def test_captions_cannot_inject_html():
    html = before_after(plain(RED), plain(BLUE), '<script>"', names=("<b>", '">')).html
    assert html.count("<script") == 1 and "<b>" not in html


@pytest.mark.parametrize(
    "image", [plain((128,)), plain((0, 0, 255, 0)), plain(RED, 1, 1), plain(RED, 1, 3000)]
)
def test_grey_alpha_and_tiny_pictures_are_shown(image):
    assert len(pictures_in(before_after(image, image, "x").html)) == 2


def test_transparent_is_white():
    (shown, _) = pictures_in(before_after(plain((0, 0, 255, 0)), plain((0, 0, 255, 0)), "x").html)
    assert shown.getpixel((3, 3)) == (255, 255, 255)


def test_a_page_of_its_own(tmp_path):
    path = before_after(plain(RED), plain(BLUE), "Größe").save(tmp_path / "pictures" / "slider.html")
    assert "Größe" in path.read_text(encoding="utf-8")


def test_what_is_no_picture_is_refused():
    with pytest.raises(InvalidValue, match="uint8"):
        before_after(plain(RED).astype(float), plain(RED), "x")


def test_every_style_has_a_slider_against_the_photo():
    photo = np.zeros((20, 30, 3), np.uint8)
    shown = comparisons(photo, {"stylization": photo + 9, "oil_painting": photo + 90})
    assert shown.html.count('type="range"') == 2
    assert shown.html.count('alt="photo"') == 2
    assert 'alt="oil_painting"' in shown.html
    assert shown.alt == "The photo compared with stylization, oil_painting."


def test_no_style_is_a_sentence():
    with pytest.raises(InvalidValue, match="at least one"):
        comparisons(np.zeros((2, 2, 3), np.uint8), {})
