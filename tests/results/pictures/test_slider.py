"""A slider has the right colours, is a small file, and needs nothing from elsewhere."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from tests.results.drawn import BLUE, RED, plain
from toolkit.core.errors import InvalidValue
from toolkit.results.pictures.slider import before_after, sliders


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
    assert "<script" not in html and not re.search(r"https?:|url\(", html)


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


def test_captions_cannot_inject_html():
    html = before_after(plain(RED), plain(BLUE), '<script>"', names=("<b>", '">')).html
    assert "<script" not in html and "<b>" not in html


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
    shown = sliders(photo, {"stylization": photo + 9, "oil_painting": photo + 90})
    assert shown.html.count('type="range"') == 2
    assert shown.html.count('alt="photo"') == 2
    assert 'alt="oil_painting"' in shown.html
    assert shown.alt == "The photo compared with stylization, oil_painting."


def test_no_style_is_a_sentence():
    with pytest.raises(InvalidValue, match="at least one"):
        sliders(np.zeros((2, 2, 3), np.uint8), {})
