"""Pictures are sent as copies that no cache can know."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import toolkit as tk
from toolkit.core.errors import InvalidValue
from toolkit.studies.load.pictures import pictures_to_send


def test_each_copy_of_a_picture_has_other_bytes_and_the_same_pixels(tmp_path: Path) -> None:
    tk.save(tk.photo("chelsea")[:20, :30], tmp_path / "one.png")
    tk.save(tk.photo("chelsea")[:20, :30], tmp_path / "two.jpg")
    for picture in pictures_to_send(tmp_path):
        first, second = picture.copy_number(1), picture.copy_number(2)
        assert first != second
        copy = tmp_path / f"copy_{picture.name}"
        copy.write_bytes(second)
        assert np.array_equal(tk.load(copy), tk.load(tmp_path / picture.name))


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="holds none"):
        pictures_to_send(tmp_path)
    with pytest.raises(InvalidValue, match="cannot be read"):
        pictures_to_send(tmp_path / "absent")
