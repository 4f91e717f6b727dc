"""Convert colours from a file's ICC profile to sRGB, the colour space in which Atelier computes and saves."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

_MODES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}
# A profile that changes no colour by more than this many levels counts as sRGB: a conversion only adds rounding errors.
_SAME_LEVELS = 1
_STEPS = np.linspace(0, 255, 17).round().astype(np.uint8)
_COLOURS = np.ascontiguousarray(np.stack(np.meshgrid(_STEPS, _STEPS, _STEPS), axis=-1).reshape(17, -1, 3))
_GREYS = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)


@dataclass(frozen=True)
class Converted:
    """The result of `to_srgb`, which converts the colours of a picture to sRGB.

    Attributes
    ----------
    rgb : ndarray of uint8, shape (H, W, 3), RGB; or None
        The colours in sRGB; None if the profile is sRGB already, or if the profile cannot be used.
    profile : str
        The name that is stored in the ICC profile.
    problem : str
        The reason why the ICC profile cannot be used; ``""`` if it can be used.
    """

    rgb: npt.NDArray[np.uint8] | None
    profile: str
    problem: str = ""


def to_srgb(picture: PillowImage, profile: bytes) -> Converted:
    """Convert the colours of a picture to sRGB, with relative colorimetric intent and black point compensation.

    Parameters
    ----------
    picture : PIL.Image.Image
        A picture of mode RGB or CMYK; a grey picture has three equal channels.
    profile : bytes
        The ICC profile of the picture's colours.
    """
    try:
        from PIL import ImageCms

        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        name = " ".join(ImageCms.getProfileDescription(source).split()) or "an unnamed profile"
        mode = _MODES.get(source.profile.xcolor_space, "")
        if mode == "L" and _is_grey(picture):
            picture = picture.getchannel(0)
        if picture.mode != mode:
            problem = (
                f"describes {source.profile.xcolor_space.strip()} colours, but the picture is {picture.mode}"
            )
            return Converted(None, name, problem)
        transform: Any = ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION | (ImageCms.Flags.NOOPTIMIZE if mode == "L" else 0),
        )
        if mode == "L":
            levels = _applied(transform, np.arange(256, dtype=np.uint8)[None])[0]
            return Converted(None if _is_same(levels, _GREYS) else levels[np.asarray(picture)], name)
        if mode == "RGB" and _is_same(_applied(transform, _COLOURS), _COLOURS):
            return Converted(None, name)
        return Converted(np.asarray(transform.apply(picture)), name)
    except Exception as error:  # ImageCms raises errors of many classes for damaged bytes
        return Converted(None, "", f"cannot be used ({error})")


def _is_grey(picture: PillowImage) -> bool:
    channels = np.asarray(picture)
    return picture.mode == "RGB" and bool((channels == channels[..., :1]).all())


def _applied(transform: Any, given: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    from PIL import Image

    return np.asarray(transform.apply(Image.fromarray(given)))


def _is_same(moved: npt.NDArray[np.uint8], given: npt.NDArray[np.uint8]) -> bool:
    return bool(np.abs(moved.astype(int) - given).max() <= _SAME_LEVELS)
