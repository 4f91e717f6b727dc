"""Several styles of one picture: what they have in common is computed once.

The differences between neighbours, along rows and along columns, are the part of the domain transform that does
not depend on a style's parameters. The colour conversions take a few operations in registers where they are used;
keeping their results would cost more in memory traffic than working them out again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from toolkit.core.errors import unknown
from toolkit.images.image import Image
from toolkit.kernels import picture
from toolkit.kernels.numba import color_pencil, oil_painting, pencil_sketch, stylization
from toolkit.kernels.numba.domain_transform import differences

OWNER = "four_styles"
Fill = Callable[[Image, tuple, Image], None]


def _pencil_sketch(image: Image, planes: tuple, target: Image) -> None:
    pencil_sketch.fill(image, planes, target, tone="grey", sigma_s=60.0, sigma_r=0.07, shade_factor=0.02)


def _color_pencil(image: Image, planes: tuple, target: Image) -> None:
    color_pencil.fill(image, planes, target, sigma_s=40.0, sigma_r=0.1, shade_factor=0.1, blend=0.7)


def _oil_painting(image: Image, planes: tuple, target: Image) -> None:
    oil_painting.fill(image, 7, 8, target)


def _stylization(image: Image, planes: tuple, target: Image) -> None:
    stylization.fill(image, planes, 60.0, 0.45, target)


#: The four styles at their defaults, in the order of the job.
STYLES: Mapping[str, Fill] = {
    "pencil_sketch": _pencil_sketch,
    "color_pencil": _color_pencil,
    "oil_painting": _oil_painting,
    "stylization": _stylization,
}


def apply_styles(
    image: Image, names: Iterable[str] = tuple(STYLES), *, out: Mapping[str, Image] | None = None
) -> dict[str, Image]:
    """Several styles of one picture, each at its defaults.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
        BGR; never written to.
    names : iterable of str
        Of `STYLES`.
    out : mapping of name to ndarray of uint8, shape (H, W, 3), optional
        Where to write.

    Returns
    -------
    dict of name to ndarray of uint8, shape (H, W, 3)
        Each the same, bit for bit, as that style alone.

    Raises
    ------
    UnknownName
        No such style.
    InvalidValue
        No picture, or one too large for the memory that is free.

    Examples
    --------
    >>> import numpy as np
    >>> list(apply_styles(np.full((2, 3, 3), 90, np.uint8), ["oil_painting", "stylization"]))
    ['oil_painting', 'stylization']
    """
    names, out = tuple(names), out or {}
    for name in names:
        if name not in STYLES:
            raise unknown("style", name, STYLES)
    # One smoothed picture at a time beside the outputs: stylization needs the most.
    working_bytes_per_px = stylization.WORKING_BYTES_PER_PX + 3 * (len(names) - 1)
    image = picture.receive(image, OWNER, working_bytes_per_px=working_bytes_per_px)
    targets = {name: picture.target_for(out.get(name), image, OWNER) for name in names}
    planes = differences(image)
    for name in names:
        STYLES[name](image, planes, targets[name])
    return {name: picture.deliver(targets[name], out.get(name)) for name in names}
