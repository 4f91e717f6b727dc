"""Colours are converted from a profile to sRGB, and stay as they are where the profile cannot be used."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.images.decoders.drawn_profiles import ADOBE_RGB, DISPLAY_P3, GREY_GAMMA_1, srgb_of
from tests.images.picture_files import RGB
from toolkit.images.decoders.colour_profile import to_srgb

PICTURE = Image.fromarray(np.ascontiguousarray(RGB))


@pytest.mark.parametrize("profile", [DISPLAY_P3, ADOBE_RGB])
def test_colours_come_out_as_the_profiles_own_numbers_demand(profile: bytes) -> None:
    found = to_srgb(PICTURE, profile).rgb
    assert found is not None
    assert np.abs(found.astype(int) - srgb_of(RGB, profile)).max() <= 3


def test_srgb_changes_no_level() -> None:
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert to_srgb(PICTURE, made).rgb is None
    assert to_srgb(PICTURE, made).problem == ""


def test_a_grey_profile_converts_grey_pictures_only() -> None:
    grey = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    found = to_srgb(Image.fromarray(grey), GREY_GAMMA_1).rgb
    assert found is not None and (np.abs(found[0, :, 0] - 255 * srgb_curve(np.arange(256) / 255)) < 2).all()
    assert to_srgb(PICTURE, GREY_GAMMA_1).problem != ""


def srgb_curve(linear: np.ndarray) -> np.ndarray:
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("profile", [b"profile", DISPLAY_P3[:200], b"\0" * 300])
def test_a_damaged_profile_is_a_problem_and_no_error(profile: bytes) -> None:
    found = to_srgb(PICTURE, profile)
    assert found.rgb is None and found.problem


def test_a_profile_for_another_kind_of_colours_is_a_problem() -> None:
    assert "CMYK" in to_srgb(PICTURE.convert("CMYK"), DISPLAY_P3).problem
