import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit.core import folders
from toolkit.core.errors import InvalidValue, Unavailable, UnknownName

CHECKOUT = Path(__file__).resolve().parents[2]


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
    with pytest.raises(UnknownName, match="kind of cache must be one of environments, exports, numba"):
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


def asked(program: str, package: Path, **variables: str) -> str:
    """What a program prints with the package of a folder, started in a folder outside of every checkout."""
    kept = {
        name: value for name, value in os.environ.items() if name not in ("ATELIER_HOME", "XDG_DATA_HOME")
    }
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"from toolkit.core import folders; {program}"],
        env={**kept, "PYTHONPATH": str(package), **variables},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout.strip() + done.stderr


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The package without its checkout."""
    shutil.copytree(CHECKOUT / "toolkit" / "core", tmp_path / "site" / "toolkit" / "core")
    (tmp_path / "site" / "toolkit" / "__init__.py").touch()
    return tmp_path / "site"


def test_the_data_is_in_the_checkout_of_the_package_wherever_one_is():
    assert asked("print(folders.home())", CHECKOUT) == str(CHECKOUT)


def test_without_a_checkout_the_data_is_in_the_home_of_the_user_and_that_is_said_once(installed, tmp_path):
    data = tmp_path / "user" / ".local" / "share" / "atelier"
    said = asked("print(folders.made_home())", installed, HOME=str(tmp_path / "user"))
    assert said.startswith(f"{data}\n") or said.startswith(str(data))
    assert said.count(str(data)) == 2 and "ATELIER_HOME" in said
    assert asked("print(folders.made_home())", installed, HOME=str(tmp_path / "user")) == str(data)
    assert asked("print(folders.home())", installed, XDG_DATA_HOME="/data") == "/data/atelier"


def test_the_variable_wins_and_its_folder_is_made(tmp_path, monkeypatch):
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path / "new" / "one"))
    assert folders.home() == tmp_path / "new" / "one"
    assert not folders.home().exists()
    assert folders.made_home().is_dir()


def test_a_variable_that_names_a_file_is_refused(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    for name in ("file", "file/below"):
        monkeypatch.setenv("ATELIER_HOME", str(tmp_path / name))
        with pytest.raises(InvalidValue, match="ATELIER_HOME"):
            folders.made_home()


@pytest.mark.parametrize("bad", ["file", "full"])
def test_a_cache_that_cannot_be_written_is_replaced(tmp_path, monkeypatch, bad):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file") if bad == "file" else "/proc/self/fd")
    found = folders.usable_cache_folder("numba")
    assert found.is_dir() and found.parent.parent == tmp_path
    assert found == folders.usable_cache_folder("numba")
    assert found.parent.stat().st_mode & 0o077 == 0


def test_a_temporary_folder_that_another_user_can_write_is_not_taken(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    planted = tmp_path / f"atelier-{os.getuid()}"
    planted.mkdir()
    planted.chmod(0o777)
    assert folders.temporary_folder() != planted


def test_a_kept_file_is_read_where_it_is_and_written_where_it_can_be(tmp_path):
    file = folders.kept_file("references", "a.npz")
    assert file.parent == folders.cache_folder("references")
    file.touch()
    assert folders.kept_file("references", "a.npz") == file
