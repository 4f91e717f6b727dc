"""Which measurements took turns: by their id, or, in old stores, by the starts of their blocks."""

from __future__ import annotations

import json
import shlex
import subprocess
from dataclasses import replace

from tests.results.factory import OTHER_MACHINE, later, make_measurement
from toolkit.apps.cli.main import run
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.measurement import Measurement
from toolkit.contracts.turns import TURNS, command_to_bench, command_to_compare, sets_in_turns, took_turns


def with_turns(measurement: Measurement, turns: str) -> Measurement:
    return replace(measurement, provenance={**measurement.provenance, TURNS: turns})


def test_measurements_of_one_group_share_its_id():
    one, two = (make_measurement(backend=backend) for backend in ("opencv", "numba"))
    assert took_turns(with_turns(one, "a"), with_turns(two, "a"))
    assert not took_turns(with_turns(one, "a"), with_turns(two, "b"))
    assert not took_turns(with_turns(one, "a"), two)  # an old row was not measured by a new version


def test_in_an_old_store_the_starts_of_the_blocks_show_whether_rounds_were_shared():
    one, two = (make_measurement(backend=backend) for backend in ("opencv", "numba"))
    assert took_turns(one, later(two, seconds=20))  # the rounds of the factory are one minute apart
    assert took_turns(later(two, seconds=20), one)
    assert not took_turns(one, later(two, seconds=61))
    assert not took_turns(one, later(two, minutes=11))


def test_one_round_or_another_machine_is_no_evidence_of_turns():
    one, two = (make_measurement(backend=backend, blocks=1) for backend in ("opencv", "numba"))
    assert not took_turns(one, later(two, minutes=11))
    here, there = make_measurement(), make_measurement(backend="numba", fingerprint=OTHER_MACHINE)
    assert not took_turns(here, there)


def test_measurements_are_parted_into_sets_that_took_turns():
    one, two = (make_measurement(backend=backend) for backend in ("opencv", "numba"))
    alone = later(make_measurement(backend="numpy"), hours=1)
    assert sets_in_turns([one, alone, two]) == [[one, two], [alone]]


def test_the_command_that_compares_two_trials_is_one_that_the_shell_and_the_parser_accept(tmp_path):
    photo = tmp_path / "a photo.png"
    one = make_trial("oil_painting", "opencv", megapixels=0.1, threads=2)
    two = one.with_(backend="numba", images=(str(photo),))
    command = command_to_compare(one, two)
    words = subprocess.run(
        ["sh", "-c", f"printf '%s\\n' {command}"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert words == ["atelier", "compare", str(one), str(two)]
    plugged = one.with_(plugins=(("/some where/mine.py", "0" * 64),))
    assert command_to_compare(plugged, two).endswith("--plugin '/some where/mine.py'")


def test_the_command_that_measures_a_group_again_asks_for_all_its_trials(capsys, tmp_path):
    trials = [
        make_trial("oil_painting", backend, params={"size": 9}, size=(64, 48), threads=threads, steps=steps)
        for steps in [(("fit_pixels", {"pixels": 1000}),)]
        for backend, threads in [("opencv", 1), ("numba", 2), ("numpy", 1)]
    ]
    atelier, *words = shlex.split(command_to_bench(trials))
    assert atelier == "atelier" and "--fresh" in words
    assert run([*words, "--dry-run", "--json", "--store", str(tmp_path / "store.sqlite")]) == 0
    planned = {one["trial"] for one in json.loads(capsys.readouterr().out)["trials"]}
    assert planned >= set(map(str, trials))
    assert command_to_bench([trials[0], trials[0].with_(width=32)]) == ""
