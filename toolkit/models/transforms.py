"""Convert a picture to a network's input, and the network's output to a picture.

A picture is uint8 (H, W, 3) BGR; a tensor is float32 (1, C, H, W). The conversion of the output also needs the
original picture, because the chroma for a network that computes only luma comes from that picture.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import InvalidValue
from toolkit.images.image import Image

Tensor = npt.NDArray[np.float32]


class Transform(Protocol):
    """Converts a picture to a network's input, and the network's output to a picture."""

    def __call__(self, image: Image) -> Tensor:
        """The network's input for a picture."""
        ...

    def picture(self, output: Tensor, image: Image) -> Image:
        """The picture that the network's output for `image` represents."""
        ...


@dataclass(frozen=True, kw_only=True)
class Levels:
    """Converts the levels of a picture by ``(level - mean) * factor``, and the output by the reverse conversion.

    The attributes describe the whole conversion, so that a runtime can do the conversion on its own device.

    Attributes
    ----------
    factor : float
        Factor from levels (0..255) to values of the tensor.
    mean : (float, float, float)
        Levels to subtract, in the channel order of the tensor.
    is_rgb : bool
        Whether the tensor's channels are R, G and B; otherwise the channels are the picture's B, G and R.
    output_factor, output_mean : float and (float, float, float), optional
        `factor` and `mean` of a network's output, if they differ from those of the network's input.

    >>> import numpy as np
    >>> red = np.array([[[0, 0, 255]]], np.uint8)
    >>> Levels(factor=1 / 255)(red).ravel().tolist()
    [1.0, 0.0, 0.0]
    >>> Levels(factor=1 / 255).picture(Levels(factor=1 / 255)(red), red).tolist()
    [[[0, 0, 255]]]
    """

    factor: float = 1.0
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    is_rgb: bool = True
    output_factor: float | None = None
    output_mean: tuple[float, float, float] | None = None

    @property
    def full_scale(self) -> float:
        """The tensor value of grey level 255 minus the tensor value of grey level 0."""
        return 255 * self.factor

    @property
    def of_output(self) -> tuple[float, tuple[float, float, float]]:
        """Factor and mean (see `Levels`) of the network's output."""
        factor = self.factor if self.output_factor is None else self.output_factor
        return factor, self.mean if self.output_mean is None else self.output_mean

    def __call__(self, image: Image) -> Tensor:
        """The network's input, float32 (1, 3, H, W), for a picture."""
        import cv2

        blob = cv2.dnn.blobFromImage(image, self.factor, mean=self.mean, swapRB=self.is_rgb)
        return np.asarray(blob, np.float32)

    def picture(self, output: Tensor, image: Image) -> Image:
        """The picture, rounded and clipped, that a network's output for `image` represents.

        Raises
        ------
        InvalidValue
            The network's output does not have three channels.
        """
        if output.shape[1] != 3:
            raise InvalidValue(f"a network that makes a picture must give 3 channels; got {output.shape[1]}.")
        step = -1 if self.is_rgb else 1
        factor, mean = self.of_output
        return _picture(output[0, ::step], factor=1 / factor, offset=mean[::step])


rgb_unit = Levels(factor=1 / 255)
"""The transform for networks whose input and output are RGB in 0..1."""

rgb_signed = Levels(factor=1 / 127.5, mean=(127.5, 127.5, 127.5))
"""The transform for networks whose input and output are RGB in -1..1."""

rgb_levels = Levels()
"""The transform for networks whose input and output are RGB in 0..255."""

bgr_centred = Levels(mean=(103.1545782, 111.561547, 114.35629928), is_rgb=False)
"""The transform to BGR in 0..255 minus the mean of the training pictures (DIV2K), for ``cv2.dnn_superres``'s EDSR."""


class Luma:
    """Converts a picture to luma: Y of full-range YCrCb, rounded and scaled to 0..1, as in ``cv2.dnn_superres``."""

    def __call__(self, image: Image) -> Tensor:
        """The network's input, float32 (1, 1, H, W), for a picture."""
        import cv2

        y = cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb)[..., 0]
        return y.astype(np.float32)[None, None] * np.float32(1 / 255)

    def picture(self, output: Tensor, image: Image) -> Image:
        """The network's luma with the bilinearly enlarged chroma of `image`, as ``cv2.dnn_superres`` computes it."""
        import cv2

        planes = [np.asarray(output[0, 0], np.float32)]
        size = planes[0].shape[::-1]
        # Planes are resized one at a time, because cv2.resize rounds differently for two planes at once: some levels
        # would differ by one from those of dnn_superres.
        for chroma in cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb))[1:]:
            unit = chroma.astype(np.float32) * np.float32(1 / 255)
            planes.append(np.asarray(cv2.resize(unit, size, interpolation=cv2.INTER_LINEAR), np.float32))
        return np.asarray(cv2.cvtColor(_picture(planes, factor=255), cv2.COLOR_YCrCb2BGR), np.uint8)


luma = Luma()
"""The transform for networks that enlarge only the luma, in 0..1."""


def _picture(
    planes: Iterable[Tensor], *, factor: float = 1.0, offset: tuple[float, ...] = (0.0,) * 3
) -> Image:
    """Planes times `factor` plus `offset`, rounded and clipped to 0..255, as a picture."""
    import cv2

    levels = []
    for plane, shift in zip(planes, offset, strict=True):
        # convertScaleAbs makes negative values positive and very large values black, so values are clipped first.
        low, high = np.float32(-shift / factor), np.float32((255 - shift) / factor)
        levels.append(cv2.convertScaleAbs(np.clip(plane, low, high), alpha=factor, beta=shift))
    return np.asarray(cv2.merge(levels), np.uint8)
