"""The photo of a case at the size in the case's settings."""

from __future__ import annotations

from toolkit.images.image import Image
from toolkit.images.photos import at_size, photo
from toolkit.studies.cases.procedure import Settings


def photo_of(settings: Settings) -> Image:
    """The photo of the settings, cropped or mirror-tiled to ``width`` x ``height``."""
    return at_size(photo(settings["photo"]), settings["width"], settings["height"])[0]


def size_text(settings: Settings) -> str:
    """``4032 x 3024 px``."""
    return f"{settings['width']} x {settings['height']} px"
