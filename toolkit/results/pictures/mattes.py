"""Show mattes of one picture: alpha, the picture cut out on a colour, and the difference from the ground truth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from toolkit.core.errors import invalid
from toolkit.images.image import Image, check
from toolkit.results.pictures.sheets import SHOWN_SIDE_PX, listed, sheet_of
from toolkit.results.pictures.shrunk import shrunk
from toolkit.results.plots import charts
from toolkit.results.plots.charts import Chart

GREEN = (70, 160, 60)
TRUTH = "ground truth"


def matte_sheet(
    picture: Image,
    mattes: Mapping[str, Image],
    *,
    truth: Image | None = None,
    color: tuple[int, int, int] = GREEN,
    title: str = "Mattes",
) -> Chart:
    """Show a row for each matte: alpha, the picture cut out on a colour, and alpha minus the ground truth.

    Parameters
    ----------
    picture : Image
        The picture that is cut out, uint8 (H, W, 3), BGR.
    mattes : mapping of caption to Image
        Mattes, uint8 (H, W, 1), 255 for the foreground, by the captions of `toolkit.results.pictures.captions`.
    truth : Image, optional
        Matte of the ground truth, uint8 (H, W, 1); shown in the first row, beside the picture.
    color : (int, int, int)
        Background colour, BGR.

    Raises
    ------
    InvalidValue
        There is no matte, an array is no valid `Image`, or a matte has another size than the picture.
    """
    if not mattes:
        raise invalid("mattes", "matte_sheet", "at least one matte", "none")
    picture = check(picture, "the picture")
    true = None if truth is None else _of_size(truth, TRUTH, picture)
    mattes = {caption: _of_size(alpha, f"matte {caption!r}", picture) for caption, alpha in mattes.items()}
    nothing: tuple[str, Image | None] = ("", None)
    cells = [("the picture", picture), nothing, nothing]
    if true is not None:
        cells[1:] = [(TRUTH, true), ("cut out with the ground truth", cut_out(picture, true, color=color))]
    for caption, matte in mattes.items():
        cells += [(caption, matte), ("cut out", cut_out(picture, matte, color=color))]
        cells.append(nothing if true is None else ("alpha minus ground truth", matte))
    about = f"{len(mattes)} mattes of one picture, as alpha and as cut-outs on a colour"
    chart = sheet_of(cells, owner="matte_sheet", title=title)
    if true is not None:
        about += ", with the difference from the ground truth"
        _show_differences(chart, mattes.values(), true)
    chart.alt = f"{title}: {about}: {listed(mattes)}."
    return chart


def cut_out(picture: Image, alpha: Image, *, color: tuple[int, int, int]) -> Image:
    """Blend a picture with a background colour by its alpha.

    Parameters
    ----------
    picture : Image
        The picture that is cut out, uint8 (H, W, 3), BGR.
    alpha : Image
        Matte of the picture, uint8 (H, W, 1), 255 for the foreground.
    color : (int, int, int)
        Background colour, BGR.

    >>> cut_out(np.full((1, 1, 3), 200, np.uint8), np.full((1, 1, 1), 51, np.uint8), color=(0, 100, 0)).tolist()
    [[[40, 120, 40]]]
    """
    share = alpha.astype(np.float32) / 255
    return np.rint(picture * share + np.array(color, np.float32) * (1 - share)).astype(np.uint8)


def _of_size(alpha: Image, owner: str, picture: Image) -> Image:
    alpha = check(alpha, owner, channels=(1,))
    (height, width), own = picture.shape[:2], alpha.shape[:2]
    if own != (height, width):
        constraint = f"{width} x {height} px, as the picture"
        raise invalid("mattes", "matte_sheet", constraint, f"{own[1]} x {own[0]} px ({owner})")
    return alpha


def _show_differences(chart: Chart, mattes: Iterable[Image], truth: Image) -> None:
    """Replace the pictures of the last column by alpha minus the ground truth, and add the colour scale."""
    true = np.asarray(shrunk(truth, SHOWN_SIDE_PX))[..., 0].astype(np.float32)
    shown = [axes.images[0] for axes in chart.axes[5::3]]
    for image, matte in zip(shown, mattes, strict=True):
        difference = np.asarray(shrunk(matte, SHOWN_SIDE_PX))[..., 0] - true
        image.set(data=difference, cmap="RdBu_r", clim=(-255, 255))
    with charts.look():
        chart.set_figheight(chart.get_figheight() + 0.5)
        place: dict[str, Any] = {"location": "bottom", "shrink": 0.5, "aspect": 40, "pad": 0.01}
        bar = chart.colorbar(shown[0], ax=chart.axes, **place)
        bar.set_label("alpha minus ground truth, levels of 255", fontsize=charts.SMALL_PT)
