"""An average hash of 16 x 16 px, which an article uses as cache key, and different pictures with the same hash."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from time import perf_counter
from typing import Any

import numpy as np

from toolkit.images.image import Image
from toolkit.images.photos import SAMPLES, photo

SIDE_PX = 16
_PATCH_PX = 24
EDITS = ("one_pixel_to_the_right", "brighter_by_8_levels", "a_patch_replaced", "slightly_noisy")
"""Edits of a picture after which a cache must not return the result of the picture before the edit."""


def average_hash(image: Image) -> bytes:
    """Average hash of a picture: for each of 16 x 16 areas, whether the area is brighter than the mean of all areas."""
    import cv2

    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    return np.packbits(small > small.mean()).tobytes()


def content_hash(image: Image) -> bytes:
    """SHA-256 of the picture's bytes."""
    return sha256(np.ascontiguousarray(image)).digest()


def edited(image: Image, edit: str) -> Image:
    """The picture after one of the edits in `EDITS`."""
    if edit == "one_pixel_to_the_right":
        return np.ascontiguousarray(np.roll(image, 1, axis=1))
    if edit == "brighter_by_8_levels":
        return np.clip(image.astype(np.int16) + 8, 0, 255).astype(np.uint8)
    if edit == "slightly_noisy":
        noise = np.random.default_rng(0).integers(-4, 5, image.shape)
        return np.clip(image + noise, 0, 255).astype(np.uint8)
    changed = image.copy()
    top, left = image.shape[0] // 2 - _PATCH_PX, image.shape[1] // 2 - _PATCH_PX
    patch = changed[top : top + _PATCH_PX, left : left + _PATCH_PX]
    patch[:] = patch[::-1, ::-1].copy()
    return changed


def false_hits(photos: Sequence[str] = tuple(SAMPLES)) -> dict[str, Any]:
    """Count how often an edited photo has the hash of the original, for each kind of hash, and time the hashing."""
    pairs = [(photo(name), edit) for name in photos for edit in EDITS]
    found: dict[str, Any] = {"photos": len(photos), "pairs": len(pairs), "by_edit": dict.fromkeys(EDITS, 0)}
    for kind, of in (("average", average_hash), ("content", content_hash)):
        began = perf_counter()
        hits = 0
        for image, edit in pairs:
            changed = edited(image, edit)
            is_hit = bool((changed != image).any()) and of(changed) == of(image)
            hits += is_hit
            if kind == "average":
                found["by_edit"][edit] += is_hit
        found[f"{kind}_hits"] = hits
        found[f"{kind}_pair_s"] = (perf_counter() - began) / len(pairs)
    return found


def one_false_hit(photos: Sequence[str] = tuple(SAMPLES)) -> tuple[Image, Image, str] | None:
    """A photo and an edited copy with the same average hash; None if there is no such pair."""
    for name in photos:
        image = photo(name)
        for edit in ("a_patch_replaced", *EDITS):
            changed = edited(image, edit)
            if average_hash(changed) == average_hash(image):
                return image, changed, edit
    return None
