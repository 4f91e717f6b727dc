"""Mattes of one picture: alpha, what it cuts out on a colour, and where it differs from the truth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from toolkit.core.errors import invalid
from toolkit.images.image import Image, check
from toolkit.results.pictures.shrunk import shrunk
from toolkit.results.plots.charts import CHARACTERS_AN_IN, WIDTH_IN, Chart, add_title, fitted, look, new_chart

GREEN = (70, 160, 60)
SHOWN_SIDE_PX = 480
TRUTH = "the truth"
_NAMES = 1.3
"""Width of the column of captions, in pictures."""


def matte_sheet(
    picture: Image,
    mattes: Mapping[str, Image],
    *,
    truth: Image | None = None,
    color: tuple[int, int, int] = GREEN,
    title: str = "Mattes",
) -> Chart:
    """A row for each matte: its caption, alpha, the picture cut out on a colour, and alpha minus the truth.

    Parameters
    ----------
    picture : Image
        uint8 (H, W, 3), BGR.
    mattes : mapping of caption to Image
        uint8 (H, W, 1), 255: in front; `toolkit.results.pictures.captions.caption_of` makes the captions.
    truth : Image, optional
        uint8 (H, W, 1); it stands in the first row, beside the picture.
    color : (int, int, int)
        Background, BGR.

    Raises
    ------
    InvalidValue
        No mattes; an array that breaks the Image contract; a matte of another size than the picture.
    """
    if not mattes:
        raise invalid("mattes", "matte_sheet", "at least one matte", "none")
    picture = check(picture, "the picture")
    true = None if truth is None else _of_size(truth, TRUTH, picture)
    mattes = {caption: _of_size(alpha, f"matte {caption!r}", picture) for caption, alpha in mattes.items()}
    cell_in = WIDTH_IN / (3 + _NAMES)
    row_in = max(0.9 * cell_in * picture.shape[0] / picture.shape[1], 4 * 0.16) + 0.12
    with look():
        chart = new_chart(0.8 + (len(mattes) + 1) * row_in + 0.5 * (true is not None))
        grid = chart.subplots(len(mattes) + 1, 4, width_ratios=(_NAMES, 1, 1, 1))
        for axes in grid.flat:
            axes.set_axis_off()
            axes.set_anchor("W")
        _show(grid[0, 0], picture, "the picture")
        if true is not None:
            _show(grid[0, 1], true, TRUTH)
            _show(grid[0, 2], cut_out(picture, true, color=color), "cut out by the truth")
        spread = None
        heads = ("alpha", "cut out", "minus the truth")  # above the first matte
        for (name, alpha, cut, off), (caption, matte) in zip(grid[1:], mattes.items(), strict=True):
            text = fitted(caption, round(CHARACTERS_AN_IN * _NAMES * cell_in))
            name.text(0.0, 0.5, text, transform=name.transAxes, va="center", fontsize=9)
            _show(alpha, matte, heads[0])
            _show(cut, cut_out(picture, matte, color=color), heads[1])
            if true is not None:
                spread = _show_difference(off, matte, true, heads[2])
            heads = ("", "", "")
        if spread is not None:
            bar = chart.colorbar(
                spread, ax=list(grid.flat), location="bottom", shrink=0.5, aspect=40, pad=0.01, panchor=False
            )
            bar.set_label("alpha minus the truth, levels of 255", fontsize=9.5)
        add_title(chart, title)
    named = "; ".join(caption.replace("\n", ", ") for caption in mattes)
    chart.alt = f"{title}: {len(mattes)} mattes of one picture, alpha and cut out on a colour" + (
        f", with the difference from the truth: {named}." if true is not None else f": {named}."
    )
    return chart


def cut_out(picture: Image, alpha: Image, *, color: tuple[int, int, int]) -> Image:
    """The picture in front of a colour.

    Parameters
    ----------
    picture : Image
        uint8 (H, W, 3), BGR.
    alpha : Image
        uint8 (H, W, 1), 255: in front.
    color : (int, int, int)
        BGR.

    >>> cut_out(np.full((1, 1, 3), 200, np.uint8), np.full((1, 1, 1), 51, np.uint8), color=(0, 100, 0)).tolist()
    [[[40, 120, 40]]]
    """
    share = alpha.astype(np.float32) / 255
    return np.rint(picture * share + np.array(color, np.float32) * (1 - share)).astype(np.uint8)


def _of_size(alpha: Image, owner: str, picture: Image) -> Image:
    alpha = check(alpha, owner, channels=(1,))
    if alpha.shape[:2] != picture.shape[:2]:
        height, width = picture.shape[:2]
        raise invalid(
            "mattes",
            "matte_sheet",
            f"{width} x {height} px, as the picture",
            f"{alpha.shape[1::-1]} ({owner})",
        )
    return alpha


def _show(axes: Axes, image: Image, caption: str) -> None:
    axes.imshow(np.asarray(shrunk(image, SHOWN_SIDE_PX)), interpolation="antialiased")
    axes.set_title(caption, fontsize=9, fontweight="normal", loc="left")


def _show_difference(axes: Axes, matte: Image, truth: Image, caption: str) -> Any:
    difference = matte[..., 0].astype(np.float32) - truth[..., 0]
    shown = axes.imshow(_averaged(difference), cmap="RdBu_r", vmin=-255, vmax=255)
    axes.set_title(caption, fontsize=9, fontweight="normal", loc="left")
    return shown


def _averaged(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Means over cells, at most `SHOWN_SIDE_PX` of them a side."""
    from PIL import Image as pillow

    height, width = values.shape
    scale = min(1.0, SHOWN_SIDE_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(pillow.fromarray(values).resize(size, pillow.Resampling.BOX))
