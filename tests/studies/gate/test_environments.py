"""Virtual environments from requirements: made once, refused in a sentence."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from toolkit.core.errors import Unavailable
from toolkit.studies.gate.environments import environment_of, requirement_lines


def test_an_environment_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    python = environment_of([])
    found = subprocess.run([python, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True)
    assert str(tmp_path) in found.stdout
    made = Path(python).parent.stat().st_mtime_ns
    assert environment_of([]) == python and Path(python).parent.stat().st_mtime_ns == made


def test_requirements_that_cannot_be_installed_are_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(Unavailable, match="virtual environment"):
        environment_of([str(tmp_path / "no-such-package")])


def test_comments_are_no_requirements(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("# pinned\nnumpy==2.4.6  # why\n\n")
    assert requirement_lines(tmp_path / "requirements.txt") == ["numpy==2.4.6"]
    assert requirement_lines(tmp_path / "missing.txt") == []
