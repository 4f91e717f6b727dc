"""``atelier compare``: stored runs by their keys, trials measured live, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.apps.cli.conftest import Refused
from toolkit.analysis.verdict import Outcome
from toolkit.apps.cli.main import run
from toolkit.results.store.store import Store


def test_two_stored_runs_are_compared_by_their_keys(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys = [m.key for m in Store(store).latest()]
    assert run(["compare", *keys, "--store", str(store), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["baseline"].startswith("oil_painting@") and shown["candidate"].startswith("pencil_sketch@")
    assert shown["verdict"]["outcome"] == Outcome.CANT_TELL  # different operations do not take turns
    assert shown["command"].startswith("atelier compare oil_painting@")


def test_two_trials_are_measured_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "store.sqlite"
    sides = ["oil_painting@opencv:threads=1", "oil_painting@opencv:threads=2"]
    given = ["--size", "32x24", "--images", "coffee", "--budget", "2", "--store", str(file)]
    assert run(["compare", *sides, *given]) == 0
    printed = capsys.readouterr()
    assert "at most 2.00 s" in printed.err
    assert "threads=2" in printed.out
    assert {(m.trial.width, m.trial.placement.threads) for m in Store(file).all()} == {(32, 1), (32, 2)}


def test_fresh_measures_the_trials_of_two_keys_again(store: Path, tmp_path: Path) -> None:
    own = Store(tmp_path / "store.sqlite")
    stored = Store(store).latest()
    for m in stored:
        own.add(m)
    keys = [m.key for m in stored]
    assert run(["compare", *keys, "--fresh", "--budget", "2", "--store", str(own.path), "-q"]) == 0
    assert {m.trial for m in own.latest()} == {m.trial for m in stored} and len(own.all()) == 4


@pytest.mark.parametrize(
    ("given", "part"),
    [
        (["oil_painting", "0123456789abcdef"], "has the key"),
        (["oil_painting", "oil_panting"], "Did you mean 'oil_painting'?"),
        (["oil_painting"], "B"),
        (["oil_painting", "oil_painting:threads=1"], "different trials"),
        (["oil_painting", "oil_painting", "--budget", "0"], "'budget'"),
        (["oil_painting", "oil_painting", "--width", "2"], "'width'"),
        (["oil_painting", "oil_painting", "--size", "4x4", "--megapixels", "1"], "not allowed with"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_refuses_a_bad_value_before_measuring(
    given: list[str], part: str, tmp_path: Path, refused: Refused
) -> None:
    assert part in refused(["compare", *given, "--store", str(tmp_path / "store.sqlite"), "--quiet"])


def test_a_trial_is_not_compared_with_a_stored_run(store: Path, refused: Refused) -> None:
    key = Store(store).latest()[0].key
    given = ["compare", "oil_painting", key, "--store", str(store), "--quiet"]
    assert "a trial and a key" in refused(given)
