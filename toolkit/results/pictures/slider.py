"""Two pictures under one slider, as HTML that needs no network."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from html import escape
from pathlib import Path

from toolkit.core.files import write_whole
from toolkit.images.image import Image
from toolkit.results.pictures.shrunk import Shown, jpeg_of, shrunk

SLIDER_SIDE_PX = 900


@dataclass(frozen=True)
class Html:
    """A piece of HTML that a notebook displays and a report keeps, complete in itself.

    Attributes
    ----------
    html : str
    alt : str
        What it shows, in words; what a notebook without HTML prints.
    """

    html: str
    alt: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.alt

    def save(self, path: str | Path) -> Path:
        """Write a page of its own; an existing file is replaced whole.

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
    """Two pictures on top of each other with a slider between them, complete in itself.

    Works from ``file://`` with no network; the slider takes the arrow keys; without scripts both halves show.

    Parameters
    ----------
    before, after : Image
        uint8 (H, W, 1 | 3 | 4), grey, BGR or BGRA. Shown at most `SLIDER_SIDE_PX` wide or high, as JPEG, `after`
        at the size of `before`.
    caption : str
        The line below.
    names : (str, str)
        What the two sides are called.

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
    # One notebook holds many sliders, so each has its own name for its style and its label.
    name = f"slider-{secrets.token_hex(4)}"
    alt = f"{caption}: {names[0]} and {names[1]}"
    return Html(
        _SLIDER.format(
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


# The script is one inline handler; `clip-path` uncovers the upper picture from the left to the slider.
_SLIDER = """<figure class="{name}" style="--at:50%">
<style>
.{name} {{margin:1em 0;max-width:{width}px}}
.{name} .pair {{position:relative;aspect-ratio:{width}/{height};border-radius:4px;overflow:hidden;background:#eee}}
.{name} img {{position:absolute;inset:0;width:100%;height:100%;margin:0;max-width:none}}
.{name} img.upper {{clip-path:inset(0 calc(100% - var(--at)) 0 0)}}
.{name} .line {{position:absolute;top:0;bottom:0;left:var(--at);width:2px;margin-left:-1px;background:#fff;\
box-shadow:0 0 3px #000;pointer-events:none}}
.{name} .tag {{position:absolute;bottom:8px;padding:1px 8px;border-radius:3px;background:rgba(0,0,0,.6);color:#fff;\
font:12px sans-serif;pointer-events:none}}
.{name} .cover {{position:absolute;inset:0;width:100%;height:100%;margin:0;opacity:0;cursor:ew-resize}}
.{name} .pair:focus-within {{outline:3px solid #0072b2;outline-offset:2px}}
.{name} figcaption {{font:13px/1.4 sans-serif;color:#444;margin-top:.4em}}
</style>
<div class="pair">
<img alt="{right}" src="{after}">
<img class="upper" alt="{left}" src="{before}">
<div class="line"></div>
<span class="tag" style="left:8px">{left}</span><span class="tag" style="right:8px">{right}</span>
<input class="cover" type="range" min="0" max="100" step="1" value="50" \
aria-label="Share of the picture that shows {left}: {caption}" \
oninput="this.closest('figure').style.setProperty('--at', this.value + '%')">
</div>
<figcaption>{caption}</figcaption>
</figure>"""


def _data_uri(picture: Shown) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg_of(picture)).decode()
