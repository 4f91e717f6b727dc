from pathlib import Path

import pytest

from toolkit.core import folders
from toolkit.core.errors import InvalidValue, Unavailable, UnknownName


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def _fill(kind, *sizes_bytes):
    for number, size_bytes in enumerate(sizes_bytes):
        file = folders.cache_folder(kind) / "sub" / f"{number}.bin"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * size_bytes)


def test_nothing_is_there_before_something_is_made(tmp_path):
    assert folders.cache_sizes_bytes() == dict.fromkeys(folders.CACHE_KINDS, 0)
    assert list(tmp_path.iterdir()) == []


def test_sizes_and_clearing_know_the_kinds_apart():
    _fill("references", 1000, 234)
    _fill("weights", 77)
    assert folders.cache_sizes_bytes() == {
        **dict.fromkeys(folders.CACHE_KINDS, 0),
        "references": 1234,
        "weights": 77,
    }
    assert folders.clear_cache("references") == 1234
    assert folders.cache_sizes_bytes()["references"] == 0
    assert folders.cache_sizes_bytes()["weights"] == 77
    assert folders.clear_cache("references") == 0


def test_only_a_kind_can_be_cleared(tmp_path):
    (tmp_path / "atelier").mkdir()
    (tmp_path / "precious").write_text("kept")
    with pytest.raises(
        UnknownName, match="kind of cache must be one of exports, numba, references, torch, weights; got"
    ):
        folders.clear_cache("../precious")
    assert (tmp_path / "precious").read_text() == "kept"


def test_a_dangling_link_is_no_obstacle():
    _fill("exports", 10)
    (folders.cache_folder("exports") / "link").symlink_to("nowhere")
    assert folders.cache_sizes_bytes()["exports"] == 10
    assert folders.clear_cache("exports") == 10


def test_what_cannot_be_deleted_is_said(tmp_path):
    _fill("numba", 10)
    elsewhere = tmp_path / "elsewhere"
    folders.cache_folder("numba").rename(elsewhere)
    folders.cache_folder("numba").symlink_to(elsewhere)  # rmtree refuses to follow a link
    with pytest.raises(InvalidValue, match="cannot be deleted; 10 bytes are left"):
        folders.clear_cache("numba")


def test_a_folder_that_cannot_be_written_is_named_with_what_to_do(tmp_path, monkeypatch):
    assert folders.writable_cache_folder("exports").is_dir()
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(Unavailable, match="/file/atelier/exports' cannot be written: .*XDG_CACHE_HOME"):
        folders.writable_cache_folder("exports")


def test_without_xdg_it_is_in_the_home_folder(monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert folders.cache_folder("weights") == Path.home() / ".cache" / "atelier" / "weights"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("ATELIER_HOME", raising=False)
    for folder in ("notebooks/cases", "toolkit/core"):
        (tmp_path / "atelier" / folder).mkdir(parents=True)
    return tmp_path / "atelier"


@pytest.mark.parametrize("below", [".", "notebooks", "toolkit/core"])
def test_the_nearest_parent_that_is_a_checkout(checkout, monkeypatch, below):
    monkeypatch.chdir(checkout / below)
    assert folders.home() == checkout


def test_a_folder_of_notebooks_alone_is_no_checkout(tmp_path, monkeypatch, checkout):
    (tmp_path / "mine" / "notebooks").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "mine" / "notebooks")
    with pytest.raises(InvalidValue, match="runs from its checkout.*set ATELIER_HOME"):
        folders.home()


def test_the_variable_wins(checkout, tmp_path, monkeypatch):
    monkeypatch.chdir(checkout)
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path))
    assert folders.home() == tmp_path


def test_a_variable_that_names_no_folder_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path / "gone"))
    with pytest.raises(InvalidValue, match="ATELIER_HOME must be the folder"):
        folders.home()
