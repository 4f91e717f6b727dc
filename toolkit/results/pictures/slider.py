"""Show two pictures under one slider, and a slider for each style of a photo, as HTML that needs no network."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

from toolkit.core.errors import invalid
from toolkit.core.files import write_whole
from toolkit.images.image import Image
from toolkit.results.pictures.shrunk import Shown, jpeg_of, shrunk

SLIDER_SIDE_PX = 900
_FIGURE = Template(Path(__file__).with_suffix(".html").read_text(encoding="utf-8"))
"""The HTML of a slider: ``clip-path`` uncovers the upper picture from the left up to the slider."""


@dataclass(frozen=True)
class Html:
    """HTML for notebooks and reports that loads no other files.

    Attributes
    ----------
    html : str
    alt : str
        Text that describes the HTML; a program that cannot show HTML prints this text.
    """

    html: str
    alt: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.alt

    def save(self, path: str | Path) -> Path:
        """Write the HTML as a page of its own; an existing file is replaced.

        Raises
        ------
        InvalidValue
            The file cannot be written.
        """
        head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(self.alt)}</title>'
        return write_whole(path, f"{head}<body>{self.html}</body></html>\n")


def before_after(
    before: Image, after: Image, caption: str, *, names: tuple[str, str] = ("before", "after")
) -> Html:
    """Two pictures on top of each other with a slider between them.

    The slider works from ``file://`` without a network; arrow keys move the slider; without scripts both halves show.

    Parameters
    ----------
    before, after : Image
        uint8 (H, W, 1 | 3 | 4), grey, BGR or BGRA. Shown at most `SLIDER_SIDE_PX` wide or high, as JPEG, `after`
        at the size of `before`.
    caption : str
        Text of the line below the pictures.
    names : (str, str)
        Names of the two sides.

    Raises
    ------
    InvalidValue
        An array that breaks the Image contract.
    """
    first = shrunk(before, SLIDER_SIDE_PX)
    second = shrunk(after, SLIDER_SIDE_PX)
    if second.size != first.size:
        second = second.resize(first.size)
    left, right = (escape(name) for name in names)
    # One notebook holds many sliders, so each has a class of its own, to which its CSS rules refer.
    name = f"slider-{secrets.token_hex(4)}"
    alt = f"{caption}: {names[0]} and {names[1]}"
    return Html(
        _FIGURE.substitute(
            name=name,
            width=first.width,
            height=first.height,
            before=_data_uri(first),
            after=_data_uri(second),
            left=left,
            right=right,
            caption=escape(caption),
        ),
        alt,
    )


def sliders(photo: Image, styles: Mapping[str, Image]) -> Html:
    """Make a before/after slider for each style; the page shows as many sliders side by side as fit.

    Parameters
    ----------
    photo : Image
        uint8 (H, W, 3), BGR.
    styles : mapping of name to Image
        Pictures as `toolkit.apply_styles` returns them.

    Raises
    ------
    InvalidValue
        No styles, or an array that breaks the Image contract.
    """
    if not styles:
        raise invalid("styles", "sliders", "at least one picture", "none")
    each = [before_after(photo, styled, name, names=("photo", name)).html for name, styled in styles.items()]
    grid = "display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:0 1.2em"
    return Html(f'<div style="{grid}">{"".join(each)}</div>', f"The photo compared with {', '.join(styles)}.")


def _data_uri(picture: Shown) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg_of(picture)).decode()
