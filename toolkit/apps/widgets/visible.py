"""Find the part of a photo that is needed to render the visible part of a result."""

from __future__ import annotations

from toolkit.apps.widgets.live_loop import Window
from toolkit.apps.widgets.views import View
from toolkit.contracts.operation import Operation, Params


def full_px(op: Operation, size: tuple[int, ...], params: Params) -> tuple[int, int]:
    """Width and height, px, of an operation's result for a photo of `size` (height, width, ...)."""
    height, width, _ = op.shape(size[0], size[1], params)
    return width, height


def visible_window(
    op: Operation, size: tuple[int, ...], params: Params, view: View
) -> tuple[Window | None, int]:
    """The part of the photo (top, left, bottom, right in px) behind the visible region, and the border (halo) to read.

    The part is None if the whole result is visible, if the operation has no halo, or if the result is not an
    enlargement of the photo.
    """
    halo = op.halo_of(params)
    if view.region is None or halo is None:
        return None, 0
    height, width = size[0], size[1]
    wide, tall = full_px(op, size, params)
    scale = tall // height
    if not scale or (wide, tall) != (width * scale, height * scale):
        return None, 0
    left, top, right, bottom = view.on((width, height), (wide, tall))
    return (top, left, bottom, right), halo
