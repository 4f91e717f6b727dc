"""The first screen says the answer, how sure it is and whether the picture is right, and needs no network."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image as pillow

from toolkit.images.photos import photo
from toolkit.results.first_screen import Card, FirstScreen, Pair, Tag


def screen(**changes):
    image = photo("coffee")
    small = np.ascontiguousarray(image[::2, ::2])
    card = Card(
        title="Oil painting",
        name="oil_painting",
        take="numba, 2 threads",
        figures=[("14 x", "faster than OpenCV (13 to 15)"), ("132 ms", "at 12.2 MP, 110 MB")],
        right="Wrong: it differs <here>.",
        is_right=False,
        sure="Less sure: one round was disturbed.",
        is_sure=False,
        pair=Pair(before=image, after=small, left="photo", right="oil, 132 ms"),
    )
    given = {"lead": "Take **numba** & nothing else.", "machine": "Example CPU, 2 cores", "cards": [card]}
    return FirstScreen(**{**given, **changes})


def test_a_card_shows_the_way_its_figures_and_what_to_doubt():
    html = screen(tags=[Tag("complete: 4 of 4 rows"), Tag("busy machine", is_warning=True)]).html()
    assert "Take <b>numba, 2 threads</b>" in html and "<b>14 x</b>faster than OpenCV (13 to 15)" in html
    assert 'class="is-wrong">Wrong: it differs &lt;here&gt;' in html and 'class="sure warning"' in html
    assert '<span class="tag warning">busy machine</span>' in html and "<script src" not in html
    assert html.count("data:image/jpeg;base64,") == 2 and len(html) < 350_000
    assert "<script" not in screen(cards=[Card(title="Oil")]).html()


def test_the_lead_is_bold_where_it_matters_and_plain_in_text():
    assert "Take <strong>numba</strong> &amp; nothing else." in screen().html()
    assert str(screen()) == "Take numba & nothing else."


def test_the_fingerprint_is_folded_below_the_machine():
    html = screen(fingerprint={"cpu": {"model": "Example"}}).html()
    assert "cpu.model" in html and '<details class="machine">' in html


def test_the_thumbnail_is_half_before_and_half_after():
    white, black = np.full((30, 40, 3), 255, np.uint8), np.zeros((30, 40, 3), np.uint8)
    card = Card(title="Oil", pair=Pair(before=white, after=black, left="photo", right="oil"))
    small = np.asarray(pillow.open(io.BytesIO(screen(cards=[card]).thumbnail())))
    assert small[:, :10].mean() > 250 and small[:, -10:].mean() < 5
    assert screen(cards=[Card(title="Oil")]).thumbnail() is None
