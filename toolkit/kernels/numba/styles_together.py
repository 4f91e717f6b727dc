"""Several styles of one picture: the intermediate results that the styles have in common are computed once.

The differences between neighbours, along rows and along columns, are the part of the domain transform that does not
depend on a style's parameters. Colour conversions are not shared: a conversion is a few operations in registers, and
storing its result would cost more memory traffic than computing the result again.
"""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.images.image import Image
from toolkit.kernels import picture
from toolkit.kernels.numba.color_pencil import color_pencil
from toolkit.kernels.numba.oil_painting import oil_painting
from toolkit.kernels.numba.pencil_sketch import pencil_sketch
from toolkit.kernels.numba.style import Received
from toolkit.kernels.numba.stylization import stylization

_STYLES = {style.name: style for style in (pencil_sketch, color_pencil, oil_painting, stylization)}


def apply_styles(
    image: Image, params: Mapping[str, Mapping[str, object]], *, out: Mapping[str, Image] | None = None
) -> dict[str, Image]:
    """Apply several styles to one picture; `toolkit.kernels.numba` describes what each style takes and returns.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
        The picture, BGR; this function does not write to the array.
    params : mapping of a style's name to its parameters
        The styles to apply, each with all parameters of its operation.
    out : mapping of a style's name to ndarray of uint8, shape (H, W, 3), optional
        Arrays to which the styled pictures are written.

    Returns
    -------
    dict of name to ndarray of uint8, shape (H, W, 3)
        Each picture equals, bit for bit, the result of that style alone.

    Raises
    ------
    InvalidValue
        `image` is not a picture, or is too large for the memory that is free.

    Examples
    --------
    >>> import numpy as np
    >>> flat, sigmas = np.full((2, 3, 3), 90, np.uint8), {"sigma_s": 60.0, "sigma_r": 0.45}
    >>> list(apply_styles(flat, {"oil_painting": {"size": 7, "dynRatio": 8}, "stylization": sigmas}))
    ['oil_painting', 'stylization']
    """
    styles, out = {name: _STYLES[name] for name in params}, out or {}
    # Styles run one after the other, so the memory is that of the style that needs most memory, plus the outputs.
    most_bytes = max(style.working_bytes_per_px for style in styles.values())
    image = picture.receive(image, "styles", working_bytes_per_px=most_bytes + 3 * (len(styles) - 1))
    targets = {name: picture.target_for(out.get(name), image, name) for name in styles}
    received = Received(image)
    for name, style in styles.items():
        style.fill(received, targets[name], **params[name])
    return {name: picture.deliver(target, out.get(name)) for name, target in targets.items()}
