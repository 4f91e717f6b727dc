"""A picture that is uploaded is one of the tuner's photos, or a sentence."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image as pillow

import toolkit as tk
from toolkit.apps.widgets.photos import Upload
from toolkit.core.errors import InvalidValue


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path / "home"))


def _png(image, folder, **options):
    path = folder / "made.png"
    pillow.fromarray(image).save(path, **options)
    return path.read_bytes()


def _uploaded(name, data):
    upload = Upload(name, len(data))
    for at in range(0, len(data), 100_000):
        upload.add(at, data[at : at + 100_000])
    assert upload.is_complete
    return upload.keep()


def test_an_uploaded_picture_is_one_of_the_photos_or_a_sentence(tmp_path):
    noise = np.random.default_rng(1).integers(0, 255, (300, 400, 3), np.uint8)
    good = _png(noise, tmp_path)
    assert _uploaded("../a picture.png", good) == "a picture.png"
    np.testing.assert_array_equal(tk.photo("a picture.png"), noise[..., ::-1])
    assert _uploaded("a picture.png", good) == "a picture.png"
    other = _uploaded("a picture.png", _png(noise[::-1], tmp_path))
    np.testing.assert_array_equal(tk.photo(other), noise[::-1, :, ::-1])
    small = _uploaded("one.png", _png(noise[:1, :1], tmp_path))
    assert tk.photo(small).shape == (1, 1, 3)
    for data, word in ((good[:-5000], "damaged"), (b"no picture", "picture"), (b"", "byte")):
        with pytest.raises(InvalidValue, match=word) as refused:
            _uploaded("broken.png", data)
        assert "broken.png" in str(refused.value) and "/tmp" not in str(refused.value)
    with pytest.raises(InvalidValue, match="100 MP"):
        _uploaded("huge.png", _png(np.zeros((14_000, 14_000), np.uint8), tmp_path, compress_level=1))
