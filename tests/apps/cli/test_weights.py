"""The weights command on files made here; nothing is fetched."""

import json

import pytest

from toolkit.apps.cli.main import run


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("ATELIER_WEIGHTS", raising=False)


def test_list_names_source_licence_and_whether_it_is_here(capsys):
    assert run(["weights", "list"]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("carn_m.pth"))
    assert "MIT" in line and "nmhkahn/CARN-pytorch" in line and " no " in line
    assert run(["weights", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["carn_m.pth"]["checksum"].startswith("sha256:")
    assert listed["carn_m.pth"]["path"] is None


def test_what_is_absent_is_one_sentence_with_source_and_checksum(capsys):
    assert run(["weights", "where", "carn_m.pth"]) == 3
    said = capsys.readouterr().err
    assert "nmhkahn/CARN-pytorch" in said and "sha256:" in said and "atelier weights fetch carn_m.pth" in said
    assert run(["weights", "verify", "carn_m.pth"]) == 2
    assert run(["weights", "verify"]) == 0
    assert run(["weights", "where", "carn_n.pth"]) == 2


def test_a_damaged_file_is_told(tmp_path, monkeypatch, capsys):
    (tmp_path / "mine").mkdir()
    file = tmp_path / "mine" / "carn_m.pth"
    file.write_bytes(b"not weights")
    monkeypatch.setenv("ATELIER_WEIGHTS", str(file.parent))
    assert run(["weights", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    line = next(line for line in lines if line.startswith("carn_m.pth"))
    assert " 11 B " in line and " wrong size " in line
    assert "n/a until fetched" in next(line for line in lines if line.startswith("carn.pth"))
    assert run(["weights", "verify"]) == 2
    assert "checksum sha256:" in capsys.readouterr().out
    assert run(["weights", "import", str(file)]) == 2


def test_real_files_are_found_and_imported(real_weights, monkeypatch, capsys):
    monkeypatch.setenv("ATELIER_WEIGHTS", str(real_weights))
    assert run(["weights", "where", "carn_m.pth"]) == 0
    path = capsys.readouterr().out.strip()
    assert run(["weights", "import", path]) == 0
    monkeypatch.delenv("ATELIER_WEIGHTS")
    assert run(["weights", "where", "carn_m.pth"]) == 0
