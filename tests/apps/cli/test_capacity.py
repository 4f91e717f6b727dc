"""``atelier capacity``: machines for a rate, from the store or a table; the exit codes of what cannot be answered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.apps.cli.conftest import Refused
from tests.results.factory import OTHER_MACHINE, make_measurement
from toolkit.apps.cli.main import run
from toolkit.results.store.store import Store

PUBLISHED = ["capacity", "anime", "--table", "animeganv2_14_cores"]


def stored(folder: Path, **changes: object) -> str:
    path = folder / "store.sqlite"
    for workers in (1, 2):
        Store(path).add(make_measurement(workers=workers, **changes))
    return str(path)


def test_a_plan_from_real_rows(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = [
        "capacity",
        "pencil_sketch",
        "--target",
        "100000/s",
        "--price",
        "0.08/h",
        "--store",
        str(store),
        "--json",
    ]
    assert run(asked) == 0
    found = json.loads(capsys.readouterr().out)
    (plan,) = found["plans"]
    assert plan["machines_low"] <= plan["machines"] <= plan["machines_high"]
    assert plan["throughput_ips"] * plan["machines"] >= 100000
    assert plan["cost_of_1000"] == pytest.approx(plan["machines"] * 0.08 / 3600 / 100)
    assert plan["memory_peak_bytes"] > 0
    assert len(found["recommendations"]) == 1 and len(found["assumptions"]) > 3


def test_a_published_table_gives_machines_and_leaves_out_shared_cores(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run([*PUBLISHED, "--target", "20/s"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "take 3 machines" in printed and "14 workers" in printed and "14 physical cores" in printed


def test_the_latency_decides_the_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = [
        "capacity",
        "stylization",
        "--target",
        "9/s",
        "--store",
        stored(tmp_path, blocks=9),
        "--latency-p95",
    ]
    assert run([*asked, "60s"]) == 0
    assert run([*asked, "1ms"]) == 4
    assert "p95" in capsys.readouterr().err
    assert run([*PUBLISHED, "--target", "9/s", "--latency-p95", "5s"]) == 5
    assert "latency_p95_s" in capsys.readouterr().err
    few = stored(tmp_path / "few", blocks=3)
    assert run(["capacity", "stylization", "--target", "9/s", "--store", few, "--latency-p95", "0.7s"]) == 5
    assert "--full" in capsys.readouterr().err


def test_rows_of_another_machine_are_named_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = stored(tmp_path, fingerprint=OTHER_MACHINE)
    assert run(["capacity", "stylization", "--target", "9/s", "--store", path]) == 0
    assert "Another CPU" in " ".join(capsys.readouterr().out.split())


def test_nothing_measured_names_the_command(tmp_path: Path, refused: Refused) -> None:
    empty = ["--store", str(tmp_path / "new.sqlite")]
    assert "atelier bench anime --workers 1" in refused(["capacity", "anime", "--target", "1/s", *empty], 3)
    assert "no row of edsr" in refused(["capacity", "edsr", *PUBLISHED[2:], "--target", "1/s"], 3)
    assert "nope" in refused(["capacity", "nope", "--target", "1/s", *empty])


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--target", "200"],
        ["--target", "1/s", "--latency-p95", "5"],
        ["--target", "1/s", "--price", "free"],
    ],
)
def test_wrong_use_is_refused(options: list[str], refused: Refused) -> None:
    refused([*PUBLISHED, *options])
