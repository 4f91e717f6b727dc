"""Files that cannot be read or written as a store."""

from __future__ import annotations

import os
import sqlite3
import sys

import pytest

from tests.results.factory import make_measurement
from tests.results.store.writers import DISK_FULL, WITHOUT_POWERS, start
from toolkit.core.errors import InvalidValue
from toolkit.results.store.store import Store
from toolkit.results.store.store_file import SCHEMA_VERSION


def test_a_newer_schema_is_refused_with_a_sentence(store):
    store.add(make_measurement())
    with sqlite3.connect(store.path) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    db.close()
    for use in (lambda: Store(store.path), store.latest, lambda: store.add(make_measurement())):
        with pytest.raises(
            InvalidValue, match="schema version 1 or older; got 2. A newer Atelier wrote the store"
        ):
            use()


@pytest.mark.parametrize("content", [b"key,latency\n" * 200, b"SQLite format 3\0" + b"\1" * 4000])
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path, content):
    path = tmp_path / "notes.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidValue, match="not an Atelier store"):
        Store(path)
    assert path.read_bytes() == content


def test_the_database_of_another_program_is_refused(tmp_path):
    with sqlite3.connect(tmp_path / "other.db") as db:
        db.execute("CREATE TABLE songs (title TEXT)")
    db.close()
    with pytest.raises(InvalidValue, match="another program's database"):
        Store(tmp_path / "other.db")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(InvalidValue, match="must be a file"):
        Store(tmp_path)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InvalidValue, match="cannot be written: .*folder"):
        Store(tmp_path / "file" / "store.sqlite").add(make_measurement())


def test_a_read_only_store_can_be_read_and_says_why_it_cannot_be_written(store):
    store.add(make_measurement())
    folders = [store.path.parent, *store.path.parent.parents]
    opened = [
        folder for folder in folders if folder.stat().st_uid == os.getuid() and not folder.stat().st_mode & 1
    ]
    modes = {folder: folder.stat().st_mode for folder in (*opened, store.path.parent, store.path)}
    try:
        for folder in opened:
            folder.chmod(0o755)
        store.path.chmod(0o444)
        store.path.parent.chmod(0o555)
        out, errors = start(WITHOUT_POWERS, str(store.path)).communicate(timeout=60)
    finally:
        for path, mode in modes.items():
            path.chmod(mode)
    assert out.splitlines()[0] == "1", errors
    assert "cannot be written: the file or its folder is read-only." in out


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
def test_a_full_disk_gets_a_sentence_and_loses_nothing_finished(store):
    out, errors = start(DISK_FULL, str(store.path)).communicate(timeout=60)
    assert "cannot be written: the disk is full or refuses to write." in out, errors
    assert len(store.all()) == 1 + out.count("added")
