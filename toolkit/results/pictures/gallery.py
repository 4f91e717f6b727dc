"""One photo against each of its styles, side by side."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.core.errors import invalid
from toolkit.images.image import Image
from toolkit.results.pictures.slider import Html, before_after


def sliders(photo: Image, styles: Mapping[str, Image]) -> Html:
    """A before/after slider for each style, as many side by side as fit.

    Parameters
    ----------
    photo : Image
        uint8 (H, W, 3), BGR.
    styles : mapping of name to Image
        As `toolkit.apply_styles` gives them.

    Raises
    ------
    InvalidValue
        No styles, or an array that breaks the Image contract.
    """
    if not styles:
        raise invalid("styles", "sliders", "at least one picture", "none")
    each = [before_after(photo, styled, name, names=("photo", name)).html for name, styled in styles.items()]
    grid = "display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:0 1.2em"
    return Html(f'<div style="{grid}">{"".join(each)}</div>', f"The photo against {', '.join(styles)}.")
