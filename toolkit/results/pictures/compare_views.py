"""Two pictures to compare, and a comparison for each style of a photo, as HTML that needs no network."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

from PIL import Image as pillow

from toolkit.core.errors import invalid
from toolkit.core.files import write_whole
from toolkit.images.image import Image
from toolkit.results.pictures.shrunk import Shown, jpeg_of, shrunk

COMPARED_SIDE_PX = 900
LARGEST_BYTES = 280_000
"""Largest size of both pictures of a comparison together, bytes; larger pictures are shrunk."""

_SMALLER = 0.85  # factor by which the sides of the pictures shrink, until the pictures are small enough
_HERE = Path(__file__).parent
COMPARE_JS = (_HERE / "compare.js").read_text(encoding="utf-8")
"""JavaScript to compare two pictures split, side by side, in turn or as a difference, in reports and in the tuner."""

COMPARE_CSS = (_HERE / "compare.css").read_text(encoding="utf-8")

# Without scripts, ``clip-path`` uncovers the upper picture from the left up to the slider.
_FIGURE = Template((_HERE / "compare.html").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Html:
    """HTML for notebooks and reports that loads no other files.

    Attributes
    ----------
    html : str
        The HTML text.
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
    """Two pictures to compare: split, side by side, flicker, difference; with zoom, by pointer, fingers and keys.

    The comparison works from ``file://`` without a network; without scripts a slider uncovers one picture.

    Parameters
    ----------
    before, after : Image
        Two pictures, uint8 (H, W, 1 | 3 | 4), grey, BGR or BGRA; `after` gets the size of `before`. The page shows
        both pictures as JPEG, at most `COMPARED_SIDE_PX` wide or high, and smaller if both files together would
        be larger than `LARGEST_BYTES`.
    caption : str
        Text of the line below the pictures.
    names : (str, str)
        Names of the two pictures.

    Raises
    ------
    InvalidValue
        An array is no valid `Image`.
    """
    (width, height), one, other = small_enough(before, after)
    left, right = (escape(name) for name in names)
    # One notebook holds many comparisons, so the CSS rules of each comparison refer to a class name of its own.
    name = f"compare-{secrets.token_hex(4)}"
    alt = f"{caption}: {names[0]} and {names[1]}"
    return Html(
        _FIGURE.substitute(
            name=name,
            width=width,
            height=height,
            before=one,
            after=other,
            left=left,
            right=right,
            caption=escape(caption),
            css=COMPARE_CSS,
            javascript=COMPARE_JS,
        ),
        alt,
    )


def comparisons(photo: Image, styles: Mapping[str, Image]) -> Html:
    """Compare each style with the photo; as many comparisons as fit are side by side.

    Parameters
    ----------
    photo : Image
        The original photo, uint8 (H, W, 3), BGR.
    styles : mapping of name to Image
        Pictures as `toolkit.apply_styles` returns them.

    Raises
    ------
    InvalidValue
        There is no style, or an array is no valid `Image`.
    """
    if not styles:
        raise invalid("styles", "comparisons", "at least one picture", "none")
    each = [before_after(photo, styled, name, names=("photo", name)).html for name, styled in styles.items()]
    grid = "display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:0 1.2em"
    return Html(f'<div style="{grid}">{"".join(each)}</div>', f"The photo compared with {', '.join(styles)}.")


def small_enough(
    before: Image, after: Image, *, side_px: int = COMPARED_SIDE_PX
) -> tuple[tuple[int, int], str, str]:
    """Shrink two pictures until they fit the size limits; returns width, height, px, and both as JPEG data URIs.

    Parameters
    ----------
    before, after : Image
        Two pictures, uint8 (H, W, 1 | 3 | 4), grey, BGR or BGRA; `after` gets the size of `before`.
    side_px : int
        Longest side of each picture, px; shorter if both pictures together would have more than `LARGEST_BYTES`.
    """
    first, second = shrunk(before, side_px), shrunk(after, side_px)
    if second.size != first.size:
        second = second.resize(first.size)
    while True:
        uris = [_data_uri(picture) for picture in (first, second)]
        if sum(map(len, uris)) <= LARGEST_BYTES or max(first.size) <= 1:
            return first.size, uris[0], uris[1]
        size = (max(1, round(_SMALLER * first.width)), max(1, round(_SMALLER * first.height)))
        first, second = (picture.resize(size, pillow.Resampling.LANCZOS) for picture in (first, second))


def _data_uri(picture: Shown) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg_of(picture)).decode()
