"""A file is complete or not there: after a failure the old file and nothing else is in the folder."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from toolkit.core.errors import InvalidValue
from toolkit.core.files import check_writable, to_json, write_whole, written_whole


def test_a_file_appears_when_the_block_ends(tmp_path: Path) -> None:
    target = tmp_path / ("x" * 250)
    with written_whole(target) as part:
        part.write_text("new")
        assert not target.exists()
    assert target.read_text() == "new" and list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_a_block_that_fails_leaves_the_old_file_alone(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "out.txt"
    target.write_text("old")

    def write_half() -> None:
        with written_whole(target) as part:
            part.write_text("ne")
            raise error

    with pytest.raises(error):
        write_half()
    assert target.read_text() == "old" and list(tmp_path.iterdir()) == [target]


def test_a_new_file_can_be_read_by_everyone_and_its_folder_is_made(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        file = write_whole(tmp_path / "new" / "out.txt", "Größe")
    finally:
        os.umask(before)
    assert file.read_bytes() == "Größe".encode() and stat.S_IMODE(file.stat().st_mode) == 0o644


def test_a_path_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(InvalidValue, match="folder' cannot be written"):
        write_whole(tmp_path / "folder", b"")
    with pytest.raises(InvalidValue, match="folder' cannot be written"):
        check_writable(tmp_path / "folder")
    check_writable(tmp_path / "new.txt")
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


def test_json_has_no_nan_and_no_numpy(tmp_path: Path) -> None:
    import numpy as np

    value = {"a": float("nan"), "b": [np.float32(0.5), np.arange(2)], "c": Path("x"), 1: {True}}
    assert to_json(value, indent=None) == '{"a": null, "b": [0.5, [0, 1]], "c": "x", "1": [true]}'
