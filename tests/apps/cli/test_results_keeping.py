"""``atelier results pack | merge | prune``: said plainly, asked first, nothing lost without a yes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.apps.cli.conftest import Refused
from tests.results.factory import OTHER_MACHINE, later, make_measurement
from toolkit.apps.cli.main import run
from toolkit.results.store.store import Store


def test_a_store_travels_to_another_machine(
    tmp_path: Path, refused: Refused, capsys: pytest.CaptureFixture[str]
) -> None:
    there, here = tmp_path / "there.sqlite", tmp_path / "here.sqlite"
    Store(there).add(make_measurement(fingerprint=OTHER_MACHINE))
    Store(here).add(make_measurement())
    packed = tmp_path / "packed.sqlite"
    assert run(["results", "pack", str(packed), "--store", str(there)]) == 0
    assert "1 measurement" in capsys.readouterr().out
    assert "--force" in refused(["results", "pack", str(packed), "--store", str(there)])
    assert run(["results", "merge", str(packed), "--store", str(here)]) == 0
    printed = capsys.readouterr().out
    assert "Another CPU, 2 cores: 1 measurement" in printed and "never averaged" in printed
    assert len(Store(here).all()) == 2
    assert "missing" in refused(["results", "merge", str(tmp_path / "no.sqlite"), "--store", str(here)])


def test_pruning_asks_states_its_rule_and_keeps_medians(
    tmp_path: Path, refused: Refused, capsys: pytest.CaptureFixture[str]
) -> None:
    own = Store(tmp_path / "store.sqlite")
    m = later(make_measurement(calls=2000), days=-2000)
    own.add_all([m, later(m, days=1)])
    prune = ["results", "prune", "--store", str(own.path)]
    assert "--yes" in refused(prune)
    assert "age above 0" in refused([*prune, "--older-than", "soon"])
    assert any(own.all()[0].samples_s)
    assert run([*prune, "--yes"]) == 0
    printed = capsys.readouterr().out
    assert "medians kept" in printed and "shrank from" in printed
    assert not any(own.all()[0].samples_s) and any(own.all()[1].samples_s)
    assert run(prune) == 0
    printed = capsys.readouterr().out
    assert "Nothing to prune" in printed and "percentiles" in printed and "shrank" not in printed
    own.forget(key=None, operation=None, backend=None, status=None)
    assert run(prune) == 0
    assert "shrank from" in capsys.readouterr().out  # what was forgotten leaves space too
