"""``atelier bench``: measurements are kept, shown again, and not taken twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.apps.cli.conftest import SMALL
from toolkit.apps.cli import bench_winners
from toolkit.apps.cli.main import run
from toolkit.results.store.store import Store

pytestmark = pytest.mark.usefixtures("few_calls")
ROOT = Path(__file__).parents[2]


def _start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "toolkit", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_second_run_measures_nothing_and_prints_the_same(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["results", "show", "--store", str(store)]) == 0
    first = capsys.readouterr().out
    assert run(["bench", *SMALL, "--store", str(store)]) == 0
    again = capsys.readouterr()
    assert "oil_painting@opencv" in first
    assert again.out == first
    assert first.splitlines()[-1].startswith("pencil_sketch: ")
    assert "2 of 2 trials were measured earlier" in again.err


def test_the_winner_of_each_question_is_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench_winners, "WINNER_BUDGET_S", 3.0)
    grid = [*SMALL[:1], "--backends", "opencv", "--size", "48x36", "160x120", "--images", "coffee"]
    where = ["--store", str(tmp_path / "store.sqlite"), "--quiet", "--winner"]
    assert run(["bench", *grid, "--threads", "1", "2", *where]) == 0
    printed = capsys.readouterr().out
    assert printed.count("measured again") == 2
    assert printed.count("the winner") + printed.count("No winner") >= 2
    assert run(["bench", *grid, *where]) == 0
    assert "measured again" not in capsys.readouterr().out  # one way of running has no rival


def test_json_has_a_row_for_each_trial_and_an_answer_for_each_operation(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["bench", *SMALL, "--store", str(store), "--json", "-q"]) == 0
    printed = json.loads(capsys.readouterr().out)
    rows = printed["rows"]
    assert [(row["operation"], row["status"], row["width_px"]) for row in rows] == [
        ("oil_painting", "ok", 48),
        ("pencil_sketch", "ok", 48),
    ]
    assert all(row["latency_s"] > 0 and row["observed_device"] == "cpu" for row in rows)
    assert [(answer["operation"], answer["is_right"]) for answer in printed["answers"]] == [
        ("oil_painting", True),
        ("pencil_sketch", True),
    ]
    for answer, row in zip(printed["answers"], rows, strict=True):
        assert answer["latency_s"] == row["latency_s"] and answer["sentence"].startswith(answer["operation"])


def test_an_unfinished_run_says_how_to_go_on_and_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["oil_painting", "--backends", "opencv", "--size", "32x24", "40x30", "--images", "coffee"]
    command = ["bench", *asked, "--fresh", "--store", str(tmp_path / "store.sqlite")]
    assert run([*command, "--budget", "0"]) == 5
    said = capsys.readouterr().err
    assert "partial: 1 of 2 rows are measured; continue with: atelier bench oil_painting" in said
    assert run([*command, "--budget", "0", "--partial-ok"]) == 0
    capsys.readouterr()
    assert run(command) == 0
    said = capsys.readouterr().err
    assert "Continuing the fresh run" in said and "partial" not in said
    assert len(Store(tmp_path / "store.sqlite").all()) == 2
    assert run([*command, "--dry-run"]) == 0
    assert "2 of 2 trials to measure" in capsys.readouterr().out


def test_executors_are_compared_in_one_table_and_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench_winners, "WINNER_BUDGET_S", 1.0)
    grid = ["oil_painting", "--backends", "opencv", "--size", "48x36", "--images", "coffee", "--quiet"]
    command = [
        "bench",
        *grid,
        "--executor",
        "inline,threads",
        "--workers",
        "1,2",
        "--store",
        str(tmp_path / "s"),
    ]
    assert run(command) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(("Throughput of oil_painting@opencv", "This machine was busy"))
    settings = [line.split()[:2] for line in printed.splitlines() if line.startswith(("inline", "threads "))]
    assert sorted(settings) == [["inline", "1"], ["threads", "1"], ["threads", "2"]]
    assert printed.splitlines()[-1].startswith(("oil_painting at", "This machine was busy"))
    assert run([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {row["executor"] for row in found["rows"]} == {"inline", "threads"}
    assert len(found["answers"]) == 1
    assert run([*command, "--winner"]) == 0
    assert "one worker for each processor" in capsys.readouterr().out
    assert len(Store(tmp_path / "s").all()) == 3


def test_dry_run_measures_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "store.sqlite"
    asked = [
        "stylization",
        "--megapixels",
        "0.5",
        "1",
        "--workers",
        "1",
        "2",
        "--step",
        "none",
        "fit_side.side=300",
    ]
    assert run(["bench", *asked, "--dry-run", "--json", "--store", str(path)]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["to_measure"] == len(plan["trials"]) == 8
    assert plan["estimate_s"] > 0
    assert not path.exists()


def test_dry_run_says_what_is_known(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", *SMALL, "--workers", "1", "2", "--dry-run", "--store", str(store)]) == 0
    shown = capsys.readouterr().out
    assert shown.count("in the store already") == 2
    assert "2 of 4 trials to measure, about " in shown


ALWAYS_WRONG = """
from toolkit.contracts.operation import Operation

OPERATION = Operation(
    name="always_wrong",
    summary="Says of itself that it is wrong at every size.",
    kernels={"opencv": lambda cv2: lambda image: cv2.bitwise_not(image)},
    size_limits={"opencv": lambda height, width, params: "always_wrong is wrong at every size."},
)
"""


def _bench_wrong(folder: Path, *more: str) -> list[str]:
    plugin = folder / "always_wrong.py"
    plugin.write_text(ALWAYS_WRONG)
    common = [
        "bench",
        "always_wrong",
        *more,
        "--backends",
        "opencv",
        "--size",
        "32x24",
        "--images",
        "coffee",
        "--plugin",
        str(plugin),
    ]
    return [*common, "-q", "--store", str(folder / "store.sqlite")]


def test_a_failed_trial_beside_a_right_one_is_an_answer_and_strict_makes_it_an_error(tmp_path: Path) -> None:
    common = _bench_wrong(tmp_path, "oil_painting")
    shown, _ = (process := _start(*common)).communicate(timeout=120)
    assert process.returncode == 0
    assert "failed" in shown
    assert "always_wrong is wrong at every size." in shown
    _, said = (process := _start(*common, "--strict")).communicate(timeout=120)
    assert process.returncode == 4
    assert said == "atelier: 1 of 2 trials failed.\n"


def test_without_a_right_picture_the_exit_code_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, said = (process := _start(*_bench_wrong(tmp_path))).communicate(timeout=120)
    assert process.returncode == 4
    assert "1 failed" in said
    skipped = ["bench", "stylization", "--backends", "torch", "onnxruntime", "--size", "32x24"]
    assert run([*skipped, "--store", str(tmp_path / "skipped.sqlite"), "-q"]) == 3
    printed = capsys.readouterr()
    assert "2 skipped" in printed.err
    assert printed.out.count("cannot run on backends") == 1, "one sentence for both backends"


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_interrupting_keeps_what_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    sizes = ["32x24", "40x30", "48x36", "56x42"]
    common = ["oil_painting", "--backends", "opencv", "--size", *sizes, "--images", "coffee"]
    process = _start("bench", *common, "--store", str(path), "-q")
    deadline = time.monotonic() + 120
    while not (path.exists() and len(Store(path))):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    shown, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert shown == ""
    assert said.startswith("atelier: interrupted; ")
    assert said.count("\n") == 1
    kept = Store(path).keys()
    assert 1 <= len(kept) < 4
    assert run(["bench", *common, "--store", str(path), "-q"]) == 0
    assert kept < Store(path).keys()
    assert len(Store(path)) == 4
    assert len(Store(path).all()) == 4


def _identity(file: Path, shape: list[int | str]) -> Path:
    onnx = pytest.importorskip("onnx")
    make, kind = onnx.helper, onnx.TensorProto.FLOAT
    ends = [make.make_tensor_value_info(name, kind, shape) for name in ("image", "output")]
    graph = make.make_graph([make.make_node("Identity", ["image"], ["output"])], "own", ends[:1], ends[1:])
    onnx.save(make.make_model(graph, opset_imports=[make.make_opsetid("", 13)], ir_version=8), file)
    return file


@pytest.mark.parametrize(
    ("shape", "given", "size"),
    [
        ([1, 3, 48, 64], [], "64x48"),
        ([1, 3, 48, 64], ["--size", "32x24"], "32x24"),
        ([1, 3, "h", "w"], [], "1154x866"),
        ([1, 48, 64, 3], [], "1154x866"),
    ],
)
def test_a_model_of_one_size_is_measured_at_that_size(
    shape: list[int | str], given: list[str], size: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = _identity(tmp_path / "own.onnx", shape)
    where = ["--store", str(tmp_path / "store.sqlite"), "--dry-run", "--json", "-q"]
    assert run(["bench", "--model", str(file), *given, *where]) == 0
    (planned,) = json.loads(capsys.readouterr().out)["trials"]
    assert planned["trial"].endswith(f"input={size}")
