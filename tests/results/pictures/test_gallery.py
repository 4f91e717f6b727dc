"""One slider a style."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.core.errors import InvalidValue
from toolkit.results.pictures.gallery import sliders


def test_every_style_has_a_slider_against_the_photo():
    photo = np.zeros((20, 30, 3), np.uint8)
    shown = sliders(photo, {"stylization": photo + 9, "oil_painting": photo + 90})
    assert shown.html.count('type="range"') == 2
    assert shown.html.count('alt="photo"') == 2
    assert 'alt="oil_painting"' in shown.html
    assert shown.alt == "The photo against stylization, oil_painting."


def test_no_style_is_a_sentence():
    with pytest.raises(InvalidValue, match="at least one"):
        sliders(np.zeros((2, 2, 3), np.uint8), {})
