"""Show the same enlarged square of several pictures, beside the whole picture with a box around the square."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.core.errors import invalid
from toolkit.images.image import Image, check
from toolkit.images.imresize import imresize
from toolkit.results.pictures.sheets import draw_box, listed, sheet_of, show_pixels
from toolkit.results.pictures.windows import Window, most_detailed
from toolkit.results.plots.charts import Chart

CROP_SIDE_PX = 64
ENLARGED = "enlarged, bicubic"
_ASPECT_TOLERANCE = 0.02


def crop_sheet(
    whole: Image,
    pictures: Mapping[str, Image],
    *,
    window: Window | None = None,
    title: str = "A closer look",
    columns: int = 3,
) -> Chart:
    """Show the whole picture with a box, and for every picture the enlarged content of this box.

    Parameters
    ----------
    whole : Image
        Picture that is shown whole: the ground truth if there is one, else the photo; uint8 (H, W, 1 | 3 | 4), grey,
        BGR or BGRA.
    pictures : mapping of caption to Image
        Usually the input, each variant and the ground truth; `captions.caption_of` makes the captions. A picture of
        another size (the small input of a super-resolution) is resized to `whole` by bicubic interpolation, and the
        caption says that this picture is resized.
    window : Window, optional
        The square to show, in px of `whole`; default: the most detailed square, whose side is an eighth of the shorter
        side and at least `CROP_SIDE_PX`.
    columns : int
        Number of pictures in a row of the sheet, at least 1.

    Raises
    ------
    InvalidValue
        There is no picture, a picture is no `Image` or has another aspect ratio, or `window` is outside of `whole`.
    """
    if not pictures:
        raise invalid("pictures", "crop_sheet", "at least one picture", "none")
    whole = check(whole, "the whole picture", channels=(1, 3, 4))
    height, width = whole.shape[:2]
    box = window or most_detailed(whole, side=max(CROP_SIDE_PX, min(height, width) // 8))
    _check_inside(box, whole)
    crops = dict(_crop(caption, image, whole, box) for caption, image in pictures.items())
    where = f"{box.side} px at ({box.left}, {box.top})"
    about = f"whole picture, {width} x {height} px;\nbox: {where}" + (
        "" if window else ",\nmost detailed part"
    )
    chart = sheet_of([(about, whole), *crops.items()], owner="crop_sheet", columns=columns, title=title)
    first, *others = chart.axes
    draw_box(first, box)
    first.set_anchor("N")
    for axes in others:
        show_pixels(axes)
    chart.alt = f"{title}: the enlarged square of {where} in {len(crops)} pictures: {listed(crops)}."
    return chart


def _crop(caption: str, image: Image, whole: Image, window: Window) -> tuple[str, Image]:
    """The caption of one picture, and its pixels inside the window."""
    image = check(image, f"picture {caption!r}", channels=(1, 3, 4))
    (height, width), (own_height, own_width) = whole.shape[:2], image.shape[:2]
    if (own_height, own_width) == (height, width):
        return caption, window.cut(image)
    if abs(own_width * height / (own_height * width) - 1) > _ASPECT_TOLERANCE:
        constraint = f"the same scene, shaped as {width} x {height} px"
        raise invalid("pictures", "crop_sheet", constraint, f"{own_width} x {own_height} px ({caption})")
    return f"{caption} ({ENLARGED})", window.cut(imresize(image, height=height, width=width))


def _check_inside(window: Window, whole: Image) -> None:
    height, width = whole.shape[:2]
    inside = 0 <= window.left <= width - window.side and 0 <= window.top <= height - window.side
    if window.side < 1 or not inside:
        raise invalid("window", "crop_sheet", f"a square within {width} x {height} px", window)
