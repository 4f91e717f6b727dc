from pathlib import Path

import pytest

from toolkit.core import cache
from toolkit.core.errors import InvalidValue, Unavailable, UnknownName


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def _fill(kind, *sizes_bytes):
    for number, size_bytes in enumerate(sizes_bytes):
        file = cache.folder(kind) / "sub" / f"{number}.bin"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * size_bytes)


def test_nothing_is_there_before_something_is_made(tmp_path):
    assert cache.sizes_bytes() == dict.fromkeys(cache.KINDS, 0)
    assert list(tmp_path.iterdir()) == []


def test_sizes_and_clearing_know_the_kinds_apart():
    _fill("references", 1000, 234)
    _fill("weights", 77)
    assert cache.sizes_bytes() == {**dict.fromkeys(cache.KINDS, 0), "references": 1234, "weights": 77}
    assert cache.clear("references") == 1234
    assert cache.sizes_bytes()["references"] == 0
    assert cache.sizes_bytes()["weights"] == 77
    assert cache.clear("references") == 0


def test_only_a_kind_can_be_cleared(tmp_path):
    (tmp_path / "atelier").mkdir()
    (tmp_path / "precious").write_text("kept")
    with pytest.raises(
        UnknownName, match="kind of cache must be one of exports, numba, references, torch, weights; got"
    ):
        cache.clear("../precious")
    assert (tmp_path / "precious").read_text() == "kept"


def test_a_dangling_link_is_no_obstacle():
    _fill("exports", 10)
    (cache.folder("exports") / "link").symlink_to("nowhere")
    assert cache.sizes_bytes()["exports"] == 10
    assert cache.clear("exports") == 10


def test_what_cannot_be_deleted_is_said(tmp_path):
    _fill("numba", 10)
    elsewhere = tmp_path / "elsewhere"
    cache.folder("numba").rename(elsewhere)
    cache.folder("numba").symlink_to(elsewhere)  # rmtree refuses to follow a link
    with pytest.raises(InvalidValue, match="cannot be deleted; 10 bytes are left"):
        cache.clear("numba")


def test_a_folder_that_cannot_be_written_is_named_with_what_to_do(tmp_path, monkeypatch):
    assert cache.writable_folder("exports").is_dir()
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(Unavailable, match="/file/atelier/exports' cannot be written: .*XDG_CACHE_HOME"):
        cache.writable_folder("exports")


def test_without_xdg_it_is_in_the_home_folder(monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache.folder("weights") == Path.home() / ".cache" / "atelier" / "weights"
