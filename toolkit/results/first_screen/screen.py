"""The first screen of a report as data, and its HTML, which needs no network and no script."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.images.image import Image
from toolkit.results.pictures.shrunk import jpeg_of, shrunk

if TYPE_CHECKING:
    from jinja2 import Template

SHOWN_SIDE_PX = 640
THUMBNAIL_SIDE_PX = 240

_BOLD = re.compile(r"\*\*(.+?)\*\*")


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A picture before and after, under one slider.

    Attributes
    ----------
    before, after : Image
        uint8 (H, W, 1 | 3 | 4), grey, BGR or BGRA; `after` is shown at the size of `before`.
    left, right : str
        What is written on each side, such as ``oil_painting, 132 ms``.
    """

    before: Image
    after: Image
    left: str
    right: str

    def jpegs(self) -> tuple[str, str]:
        """Both pictures as data URIs, at most `SHOWN_SIDE_PX` long."""
        first, second = (shrunk(image, SHOWN_SIDE_PX) for image in (self.before, self.after))
        second = second if second.size == first.size else second.resize(first.size)
        before, after = (base64.b64encode(jpeg_of(picture)).decode() for picture in (first, second))
        return f"data:image/jpeg;base64,{before}", f"data:image/jpeg;base64,{after}"


@dataclass(frozen=True, kw_only=True)
class Card:
    """One answer.

    Attributes
    ----------
    title : str
        What was asked about, in words: ``Oil painting``.
    name : str
        The same as commands write it: ``oil_painting``.
    take : str
        The way to take; empty where there is none.
    verb : str
        Before the way: ``Measured`` where other ways were not tried.
    figures : pairs of a number and its words
        ``("14 x", "faster than OpenCV (13 to 15)")``; the one or two numbers that matter.
    right : str
        Whether the picture is right, and why; empty where no picture was judged.
    is_right : bool
    sure : str
        How sure the answer is, and why.
    is_sure : bool
    pair : Pair, optional
    """

    title: str
    name: str = ""
    take: str = ""
    verb: str = "Take"
    figures: Sequence[tuple[str, str]] = ()
    right: str = ""
    is_right: bool = True
    sure: str = ""
    is_sure: bool = True
    pair: Pair | None = None


@dataclass(frozen=True)
class Tag:
    """A short text about the state of the run, ``complete: 36 of 36 rows``; `is_warning` where it needs attention."""

    text: str
    is_warning: bool = False


@dataclass(frozen=True, kw_only=True)
class FirstScreen:
    """The sentence that answers, where it comes from, and the cards.

    Attributes
    ----------
    lead : str
        A sentence for somebody who reads nothing else; ``**bold**`` marks what matters.
    machine : str
        Processor, cores, memory.
    facts : sequence of str
        System and versions, date.
    tags : sequence of Tag
        Complete, partial, busy.
    fingerprint : mapping
        Everything about the machine, folded below its line.
    cards : sequence of Card
    """

    lead: str
    machine: str
    facts: Sequence[str] = ()
    tags: Sequence[Tag] = ()
    fingerprint: Mapping[str, object] = field(default_factory=dict)
    cards: Sequence[Card] = ()

    def __str__(self) -> str:
        return _BOLD.sub(r"\1", self.lead)

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict[str, str], dict[str, dict[str, bool]]]:
        return {"text/html": self.html(), "text/plain": str(self)}, {"text/html": {"first_screen": True}}

    def html(self) -> str:
        """The screen without a title; it brings its own style, and follows the colours of the page around it."""
        from toolkit.results.tables.facts import facts_table

        table = facts_table(self.fingerprint, title="Fingerprint").html() if self.fingerprint else ""
        lead = _BOLD.sub(r"<strong>\1</strong>", escape(self.lead, quote=False))
        style = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
        return _template().render(screen=self, lead=lead, fingerprint=table, style=style)

    def facts_for_index(self) -> dict[str, Any]:
        """What a list of reports shows: the answer and the state of the run."""
        has_picture = any(card.pair for card in self.cards)
        return {"answer": str(self), "state": [tag.text for tag in self.tags], "has_picture": has_picture}

    def thumbnail(self) -> bytes | None:
        """JPEG of the first card's picture, half before and half after; None without pictures."""
        pair = next((card.pair for card in self.cards if card.pair), None)
        if pair is None:
            return None
        before, after = (shrunk(image, THUMBNAIL_SIDE_PX) for image in (pair.before, pair.after))
        after = after.resize(before.size)
        after.paste(before.crop((0, 0, before.width // 2, before.height)))
        return jpeg_of(after)


@cache
def _template() -> Template:
    from jinja2 import Environment

    text = Path(__file__).with_name("screen.html.j2").read_text(encoding="utf-8")
    return Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(text)
