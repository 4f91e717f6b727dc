"""What is compiled ahead must be kept."""

import pytest

from toolkit.apps.cli.main import run

pytest.importorskip("numba", reason="the backend that compiles ahead")


def test_a_read_only_cache_is_an_error_before_anything_is_compiled(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert run(["warm", "pencil_sketch"]) == 3
    said = capsys.readouterr()
    assert said.out == "" and "/file/atelier/numba' cannot be written" in said.err
