"""A command does its work when nobody reads what it prints, and when the terminal lacks the characters."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest


def run_shell(command, tmp_path, **variables):
    line = command.replace("atelier ", f"{sys.executable} -m toolkit ")
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"],
        capture_output=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.getcwd(), **variables},
        timeout=120,
    )


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A folder with three pictures."""
    folder = tmp_path_factory.mktemp("pictures")
    done = run_shell("atelier apply fit_side coffee a.png --side 40", folder)
    assert done.returncode == 0, done.stderr
    for name in ("b.png", "c.png"):
        (folder / name).write_bytes((folder / "a.png").read_bytes())
    return folder


@pytest.mark.parametrize(
    "closing", ["| head -c 1", "2>&1 | head -c 1", ">&-", ">&- 2>&-", "<&- >&-", "| true"]
)
def test_a_closed_output_stops_no_job(pictures, tmp_path, closing):
    done = run_shell(f"atelier apply fit_side {pictures}/*.png {tmp_path}/ --side 20 {closing}", tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.png", "b.png", "c.png"]
    assert done.returncode == 0
    assert done.stderr in (b"", b"atelier: 3 pictures: 3 done.\n")  # empty where stderr goes elsewhere


def test_a_command_that_only_prints_says_that_its_reader_is_gone(tmp_path):
    done = run_shell("atelier list | true", tmp_path)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize(
    "variables",
    [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
)
def test_an_output_without_accents_is_written_with_escapes(tmp_path, variables):
    done = run_shell("atelier list images && atelier list images --json", tmp_path, **variables)
    assert done.returncode == 0, done.stderr
    assert b"St\\xe9fan" in done.stdout
    assert "Stéfan" in json.loads(done.stdout[done.stdout.index(b"\n[") :].decode("ascii"))[1]["credit"]


@pytest.mark.parametrize("encoding", ["utf-8:strict", "ascii"])
def test_a_name_that_is_no_text_is_a_name(pictures, tmp_path, encoding):
    odd = os.fsencode(tmp_path) + b"/caf\xe9.png"
    with open(odd, "wb") as file:
        file.write((pictures / "a.png").read_bytes())
    line = f"atelier apply fit_side $'caf\\xe9.png' $'no\\xe9.png' {pictures}/b.png out/ --side 20"
    (tmp_path / "out").mkdir()
    done = run_shell(line, tmp_path, PYTHONIOENCODING=encoding)
    assert sorted(os.listdir(os.fsencode(tmp_path / "out"))) == [b"b.png", b"caf\xe9.png"]
    assert b"Traceback" not in done.stderr
    assert b"no\\xe9" in done.stderr or b"no\\udce9" in done.stderr
