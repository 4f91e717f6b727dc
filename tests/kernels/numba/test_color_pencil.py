"""Colour pencil does not depend on where in the picture a pixel is, as OpenCV's does."""

from __future__ import annotations

import numpy as np

from tests.kernels.pictures import KERNELS, OPENCV, levels_apart
from toolkit.images.photos import at_size, photo


def test_a_part_of_a_picture_is_drawn_as_in_the_whole() -> None:
    """OpenCV gives another colour pencil for a part of a picture than for the picture; the kernel does not."""
    image, _ = at_size(photo("astronaut"), 1600, 400)
    part = np.ascontiguousarray(image[:, 1000:])
    margin = 200  # px: beyond the longest box, which is two radii of 60 px
    theirs, theirs_part = OPENCV["color_pencil"](image), OPENCV["color_pencil"](part)
    inside = (slice(None), slice(1000 + margin, None))
    assert levels_apart(theirs[inside], theirs_part[:, margin:]).max() > 3
    ours, ours_part = KERNELS["color_pencil"](image), KERNELS["color_pencil"](part)
    assert np.array_equal(ours[inside], ours_part[:, margin:])
