"""The first screen of a report as data and as HTML; the HTML loads no other file and can be read without scripts."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.images.image import Image
from toolkit.results.pictures.compare_views import COMPARE_CSS, COMPARE_JS, small_enough
from toolkit.results.pictures.shrunk import jpeg_of, shrunk

if TYPE_CHECKING:
    from jinja2 import Template

SHOWN_SIDE_PX = 640
THUMBNAIL_SIDE_PX = 240

_BOLD = re.compile(r"\*\*(.+?)\*\*")


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A picture before and after an operation, to be compared.

    Attributes
    ----------
    before, after : Image
        Two pictures, uint8 (H, W, 1 | 3 | 4), grey, BGR or BGRA; `after` is shown at the size of `before`.
    left, right : str
        Captions of the picture before (left) and after (right), such as ``oil_painting, 132 ms``.
    """

    before: Image
    after: Image
    left: str
    right: str

    def jpegs(self) -> tuple[str, str]:
        """The two pictures as JPEG data URIs, with their longest side at most `SHOWN_SIDE_PX`."""
        _, before, after = small_enough(self.before, self.after, side_px=SHOWN_SIDE_PX)
        return before, after


@dataclass(frozen=True, kw_only=True)
class Card:
    """A card on the first screen of a report, with the answer for one operation.

    Attributes
    ----------
    title : str
        Name of the operation in words: ``Oil painting``.
    name : str
        Name of the operation in commands: ``oil_painting``.
    take : str
        The recommended backend and settings; empty if nothing is recommended.
    verb : str
        Word before the recommendation (`take`): ``Take``, or ``Measured`` if no other settings were measured.
    figures : pairs of a number and its words
        The one or two most important numbers: ``("14 x", "faster than OpenCV (13 to 15)")``.
    right : str
        A sentence that says whether the picture agrees with its reference; empty if no picture was compared.
    is_right : bool
        Whether the picture agrees with its reference.
    sure : str
        A sentence that says how certain the answer is, and why.
    is_sure : bool
        Whether the answer is certain; a card marks an uncertain answer.
    pair : Pair, optional
        The picture before and after the operation.
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
    """A short text about the state of the run, ``complete: 36 rows``; `is_warning` draws the reader's attention."""

    text: str
    is_warning: bool = False


@dataclass(frozen=True, kw_only=True)
class FirstScreen:
    """The first screen of a report: a sentence that answers the question, the origin of the answer, and the cards.

    Attributes
    ----------
    lead : str
        The answer in one sentence; ``**bold**`` marks the most important words.
    machine : str
        Processor, cores and memory of the machine.
    facts : sequence of str
        Operating system, software versions and date.
    tags : sequence of Tag
        State of the run, such as complete, partial or busy machine.
    fingerprint : mapping
        All facts about the machine, in a table that the reader can unfold.
    cards : sequence of Card
        The cards below the sentence, one for each operation.
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
        """The first screen as HTML without a title; it has its own style and the colours of the page around it."""
        from toolkit.results.tables.facts import facts_table

        table = facts_table(self.fingerprint, title="Fingerprint").html() if self.fingerprint else ""
        lead = _BOLD.sub(r"<strong>\1</strong>", escape(self.lead, quote=False))
        style = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
        return _template().render(
            screen=self,
            name=f"first-{secrets.token_hex(4)}",  # by this name the script finds the HTML of this screen in a notebook
            lead=lead,
            fingerprint=table,
            style=style + (COMPARE_CSS if self.has_picture else ""),
            javascript=COMPARE_JS,
        )

    @property
    def has_picture(self) -> bool:
        """Whether a card has a pair of pictures."""
        return any(card.pair for card in self.cards)

    def facts_for_index(self) -> dict[str, Any]:
        """The answer and the state of the run, for the list of reports."""
        state = [tag.text for tag in self.tags]
        return {"answer": str(self), "state": state, "has_picture": self.has_picture}

    def thumbnail(self) -> bytes | None:
        """JPEG of the first card's picture, half before and half after the operation; None without pictures."""
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
