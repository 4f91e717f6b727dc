"""Mattes of one picture: alpha, what it cuts out on a colour, and where it differs from the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage

from toolkit.core.errors import invalid
from toolkit.images.image import Image, check
from toolkit.results.pictures.sheets import LINE_IN, SHOWN_SIDE_PX, listed, show_picture
from toolkit.results.pictures.shrunk import shrunk
from toolkit.results.plots import charts
from toolkit.results.plots.charts import Chart

GREEN = (70, 160, 60)
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
    cell_in = charts.WIDTH_IN / (3 + _NAMES)
    row_in = max(0.9 * cell_in * picture.shape[0] / picture.shape[1], 4 * LINE_IN) + 0.12
    with charts.look():
        chart = charts.new_chart(0.8 + (len(mattes) + 1) * row_in + (0 if true is None else 0.5))
        grid = chart.subplots(len(mattes) + 1, 4, width_ratios=(_NAMES, 1, 1, 1))
        for axes in grid.flat:
            axes.set_axis_off()
            axes.set_anchor("W")
        show_picture(grid[0, 0], picture, "the picture")
        if true is not None:
            show_picture(grid[0, 1], true, TRUTH)
            show_picture(grid[0, 2], cut_out(picture, true, color=color), "cut out by the truth")
        for (name, *others), (caption, matte) in zip(grid[1:], mattes.items(), strict=True):
            text = charts.fitted(caption, round(charts.CHARACTERS_AN_IN * _NAMES * cell_in))
            name.text(0.0, 0.5, text, transform=name.transAxes, va="center", fontsize=9)
            _show_matte(others, picture, matte, true, color)
        for axes, head in zip(grid[1, 1:], ("alpha", "cut out", "minus the truth"), strict=True):
            if axes.images:  # above the first matte
                axes.set_title(head, fontsize=9, fontweight="normal", loc="left")
        if true is not None:
            _add_scale(chart, list(grid.flat), grid[1, 3].images[0])
        charts.add_title(chart, title)
    with_truth = "" if true is None else ", with the difference from the truth"
    about = f"{len(mattes)} mattes of one picture, alpha and cut out on a colour{with_truth}"
    chart.alt = f"{title}: {about}: {listed(mattes)}."
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


def _show_matte(
    row: Sequence[Axes], picture: Image, matte: Image, truth: Image | None, color: tuple[int, int, int]
) -> None:
    """Alpha, the picture cut out by it, and where there is a truth the difference from it."""
    alpha, cut, off = row
    show_picture(alpha, matte, "")
    show_picture(cut, cut_out(picture, matte, color=color), "")
    if truth is not None:
        small, small_truth = (np.asarray(shrunk(image, SHOWN_SIDE_PX))[..., 0] for image in (matte, truth))
        off.imshow(small.astype(np.float32) - small_truth, cmap="RdBu_r", vmin=-255, vmax=255)


def _add_scale(chart: Chart, grid: list[Axes], difference: AxesImage) -> None:
    """The scale of the differences below all pictures."""
    bar = chart.colorbar(
        difference, ax=grid, location="bottom", shrink=0.5, aspect=40, pad=0.01, panchor=False
    )
    bar.set_label("alpha minus the truth, levels of 255", fontsize=9.5)
