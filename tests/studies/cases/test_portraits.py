"""A folder of as many different portraits as asked for, each showing the upper part of its source."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.core.errors import InvalidValue
from toolkit.images.image import load
from toolkit.images.photos import photo
from toolkit.studies.cases.portraits import portrait_folder


def test_all_portraits_differ_and_have_the_asked_size():
    folder = portrait_folder(count=7, width=192, height=108)
    pictures = [load(file) for file in sorted(folder.path.glob("*.jpg"))]
    assert len({picture.tobytes() for picture in pictures}) == 7
    assert {picture.shape for picture in pictures} == {(108, 192, 3)}
    assert "7 portraits" in str(folder) and "1 portrait," in str(folder)
    path = folder.path
    del folder
    assert not path.exists()


def test_the_whole_width_of_the_source_is_seen_once():
    """A mirrored tile would be equal to its neighbour; a resized portrait is not."""
    folder = portrait_folder(count=2, width=192, height=108)
    first = load(folder.path / "000.jpg").astype(int)
    source = photo("astronaut")
    assert abs(first.mean() - source[:300].mean()) < 12
    assert np.abs(first - first[:, ::-1]).mean() > 20


def test_too_few_portraits_and_an_empty_folder_are_refused(tmp_path):
    with pytest.raises(InvalidValue, match="count"):
        portrait_folder(count=1, width=96, height=64)
    with pytest.raises(InvalidValue, match="portraits"):
        portrait_folder(str(tmp_path), count=2, width=96, height=64)
