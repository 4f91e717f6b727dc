"""A batch loses no picture, does none twice, and says in one sentence what stops it."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import psutil
import pytest

import toolkit as tk
from toolkit.contracts.operation import load_plugin
from toolkit.core.errors import InvalidValue, UnknownName
from toolkit.jobs.archive import pack
from toolkit.jobs.ledger import Ledger

PLUGIN = Path(__file__).parents[1] / "plugins" / "behaves.py"


@pytest.fixture
def pictures(tmp_path):
    """Nine pictures in a folder with a sub-folder and names that shells dislike, one of them damaged."""
    folder = tmp_path / "in"
    (folder / "sub dir").mkdir(parents=True)
    coffee = tk.photo("coffee")
    for number in range(5):
        tk.save(np.ascontiguousarray(coffee[number : number + 60, :80]), folder / f"{number}.jpg")
    for name in ("-dash.png", "sub dir/ü x.png", "line\nbreak.png"):
        tk.save(np.ascontiguousarray(coffee[: 30 + len(name), :40]), folder / name)
    (folder / "broken.jpg").write_bytes((folder / "0.jpg").read_bytes()[:700])
    return folder


def states(out):
    with Ledger(out / ".atelier-batch.sqlite") as ledger:
        return {
            name: (state, attempt)
            for name, state, attempt in ledger.rows("SELECT name, state, attempt FROM jobs")
        }


def test_every_picture_is_done_but_the_damaged_one_and_a_second_call_does_nothing(pictures, tmp_path):
    out = tmp_path / "out"
    first = tk.batch("fit_side", pictures, out, side=32)
    assert (first.total, first.done, first.failed, first.n_now) == (9, 8, 1, 9)
    assert first.kinds == {"unreadable": 1} and "broken.jpg" in first.errors[0][0]
    assert max(tk.load(out / "sub dir" / "ü x.png").shape) == 32
    assert {"decode", "run", "encode", "write"} <= first.stages_s.keys()
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.*g")}
    second = tk.batch("fit_side", pictures, out, side=32)
    assert (second.n_now, second.done, second.failed) == (0, 8, 1) and "continues" in str(second)
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.*g")} == before
    assert len(first.to_frame()) == 9


def test_a_changed_setting_is_a_new_job_and_a_changed_picture_is_made_again(pictures, tmp_path):
    out = tmp_path / "out"
    (pictures / "broken.jpg").unlink()
    tk.batch("fit_side", pictures, out, side=32)
    again = tk.batch("fit_side", pictures, out, side=24)
    assert again.n_now == 8 and "made again" in str(again)
    tk.save(tk.load(pictures / "0.jpg")[::-1].copy(), pictures / "0.jpg", force=True)
    (out / "1.jpg").unlink()
    mended = tk.batch("fit_side", pictures, out, side=24)
    assert mended.n_now == 2 and (out / "1.jpg").exists()


def test_the_order_of_parameters_makes_no_new_job(pictures, tmp_path):
    how = {"backend": "opencv", "executor": "inline"}
    tk.batch("stylization", pictures, tmp_path / "out", sigma_s=20, sigma_r=0.3, **how)
    assert tk.batch("stylization", pictures, tmp_path / "out", sigma_r=0.3, sigma_s=20, **how).n_now == 0


def test_the_result_of_an_identical_picture_is_copied(pictures, tmp_path):
    out = tmp_path / "out"
    tk.batch("fit_side", pictures, out, side=32)
    (pictures / "copy.jpg").write_bytes((pictures / "2.jpg").read_bytes())
    found = tk.batch("fit_side", pictures, out, side=32)
    assert (found.n_now, found.n_cached) == (1, 1)
    assert (out / "copy.jpg").read_bytes() == (out / "2.jpg").read_bytes()


def test_results_are_packed(pictures, tmp_path):
    summary = tk.batch("fit_side", pictures, tmp_path / "out", side=32, suffix=".png")
    pack(tmp_path / "out", summary.results, tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as packed:
        assert sorted(packed.namelist()) == sorted(summary.results) and "0.png" in summary.results


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"out": "in/results"}, "outside the input folder"),
        ({"source": "nothing"}, "does not exist"),
        ({"source": "empty"}, "holds none"),
        ({"suffix": ".gif"}, "format"),
        ({"executor": "threads", "timeout_s": 1.0}, "timeout"),
        ({"out": "in/0.jpg/x"}, "OUT"),
    ],
)
def test_a_wrong_request_is_one_sentence_and_leaves_nothing(pictures, tmp_path, change, said):
    (tmp_path / "empty").mkdir()
    asked = {"source": "in", "out": "out", **change}
    where = {name: tmp_path / asked.pop(name) for name in ("source", "out")}
    if said == "OUT":
        where["source"] = pictures / "1.jpg"
    with pytest.raises(InvalidValue, match=said):
        tk.batch("fit_side", where["source"], where["out"], side=32, **asked)
    assert not (tmp_path / "out").exists()
    with pytest.raises(UnknownName, match="processes"):
        tk.batch("fit_side", pictures, tmp_path / "out", executor="proceses")


def test_two_pictures_of_one_result_are_refused_before_anything_runs(pictures, tmp_path):
    tk.save(tk.load(pictures / "0.jpg"), pictures / "0.png")
    with pytest.raises(InvalidValue, match=r"0\.png"):
        tk.batch("fit_side", pictures, tmp_path / "out", suffix=".png")
    assert not (tmp_path / "out" / "1.png").exists()


@pytest.mark.parametrize(("source", "out"), [("in/*.jpg", "in"), ("in/**/*.*g", "in"), ("list.txt", "in")])
def test_the_pictures_themselves_are_never_replaced(pictures, tmp_path, source, out):
    (tmp_path / "list.txt").write_text("in/0.jpg\nin/1.jpg\n")
    before = {path: path.read_bytes() for path in pictures.rglob("*.*g")}
    with pytest.raises(InvalidValue, match="must not hold the input"):
        tk.batch("fit_side", tmp_path / source, tmp_path / out, side=32)
    assert {path: path.read_bytes() for path in pictures.rglob("*.*g")} == before


def test_a_result_that_would_replace_another_input_picture_is_refused(pictures, tmp_path):
    tk.save(tk.photo("coffee")[:40, :40].copy(), pictures / "sub dir" / "0.jpg")
    before = (pictures / "sub dir" / "0.jpg").read_bytes()
    with pytest.raises(InvalidValue, match="OUT must"):
        tk.batch("fit_side", pictures / "**" / "*.jpg", pictures / "sub dir", side=32)
    assert (pictures / "sub dir" / "0.jpg").read_bytes() == before


def test_files_that_no_batch_has_written_are_never_replaced(pictures, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "0.png").write_text("a file of the user")
    with pytest.raises(InvalidValue, match=r"0\.png"):
        tk.batch("fit_side", pictures, out, side=32, suffix=".png")
    assert tk.batch("fit_side", pictures, out, side=32).done == 8
    with pytest.raises(InvalidValue, match=r"0\.png"):  # a new job, whose results have other names
        tk.batch("fit_side", pictures, out, side=32, suffix=".png")
    assert (out / "0.png").read_text() == "a file of the user"
    assert tk.batch("fit_side", pictures, out, side=32).n_now == 0  # the refusal has changed nothing


def test_a_link_to_itself_fails_by_name_alone(pictures, tmp_path):
    (pictures / "self.jpg").symlink_to("self.jpg")
    (pictures / "nowhere.jpg").symlink_to("missing.jpg")
    found = tk.batch("fit_side", pictures, tmp_path / "out", side=32)
    assert (found.done, found.failed) == (8, 3)
    assert {"self.jpg", "nowhere.jpg"} < {name for name, _ in found.errors}


def test_a_list_keeps_the_folders_below_that_of_all_its_pictures(pictures, tmp_path):
    tk.save(tk.load(pictures / "1.jpg"), pictures / "sub dir" / "0.jpg")
    (tmp_path / "some.txt").write_text("in/0.jpg\nin/sub dir/0.jpg\n")
    assert tk.batch("fit_side", tmp_path / "some.txt", tmp_path / "out", side=32).done == 2
    assert sorted(path.name for path in (tmp_path / "out").rglob("0.jpg")) == ["0.jpg", "0.jpg"]
    assert (tmp_path / "out" / "sub dir" / "0.jpg").is_file()


def test_a_loop_of_links_and_a_list_are_read_once(pictures, tmp_path):
    (pictures / "loop").symlink_to(pictures)
    assert tk.batch("fit_side", pictures, tmp_path / "a", side=32).total == 9
    (tmp_path / "some.txt").write_text(f"{pictures / '0.jpg'}\nin/1.jpg\n")
    assert tk.batch("fit_side", tmp_path / "some.txt", tmp_path / "b", side=32).done == 2
    assert tk.batch("fit_side", pictures / "*.jpg", tmp_path / "c", side=32).done == 5


def test_a_folder_that_vanishes_stops_the_batch_and_loses_nothing(pictures, tmp_path):
    out = tmp_path / "out"

    def vanish(done, total):
        if done == 2:
            out.rename(tmp_path / "moved")

    with pytest.raises(InvalidValue, match="OUT"):
        tk.batch("fit_side", pictures, out, side=32, workers=1, on_progress=vanish)
    (tmp_path / "moved").rename(out)
    found = tk.batch("fit_side", pictures, out, side=32)
    assert (found.done, found.failed) == (8, 1)


def test_a_picture_that_does_not_fit_on_a_full_disk_is_made_when_there_is_room(pictures, tmp_path):
    noise = np.random.default_rng(3).integers(0, 255, (400, 400, 3), np.uint8)
    tk.save(noise, pictures / "large.png")
    (tmp_path / "out").mkdir()
    batch = f"{sys.executable} -m toolkit batch fit_side in out --side 400 --workers 1"
    disk = "mount -t tmpfs -o size=460k tmpfs out"
    script = f"{disk} || exit 99; {batch}; echo $?; mount -o remount,size=9m out; {batch}; echo $?; ls out"
    command = ["unshare", "--mount", "bash", "-c", script]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    if done.returncode in (1, 99):
        pytest.skip(f"this system does not let the test mount a small disk: {done.stderr.strip()}")
    first, *later = done.stdout.splitlines()
    assert first == "2" and "No space left" in done.stderr and "repeat the command" in done.stderr
    assert "large.png" in later and "4" in later and "broken.jpg" in done.stderr


def test_two_batches_in_one_folder_are_refused(pictures, tmp_path):
    out = tmp_path / "out"

    def second(done, total):
        with pytest.raises(InvalidValue, match="another batch"):
            tk.batch("fit_side", pictures, out, side=32)

    assert tk.batch("fit_side", pictures, out, side=32, on_progress=second).done == 8


def test_a_picture_that_kills_its_workers_or_hangs_is_named_and_the_others_are_done(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    image = np.tile(np.arange(64, dtype=np.uint8)[:, None, None], (1, 64, 3))
    for name, first in (("good.png", 0), ("hangs.png", 1), ("kills.png", 2), ("raises.png", 3)):
        image[0, 0] = first
        tk.save(image, folder / name)
    plugin = ((str(PLUGIN), load_plugin(PLUGIN)),)
    found = tk.batch("behaves", folder, tmp_path / "out", timeout_s=2.0, plugins=plugin)
    assert found.done == 1 and found.kinds == {"timed out": 1, "died": 1, "raised": 1}
    assert dict(found.errors).keys() == {"hangs.png", "kills.png", "raises.png"}


def test_killed_drivers_and_workers_lose_no_picture_and_do_none_twice(tmp_path):
    """A short form of the storm in `make bench-batch`."""
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    coffee = tk.photo("coffee")
    for number in range(40):
        tk.save(
            np.ascontiguousarray(coffee[number : number + 200, number : number + 240]),
            folder / f"{number}.png",
        )
    command = [
        sys.executable,
        "-m",
        "toolkit",
        "batch",
        "stylization",
        str(folder),
        str(out),
        "--backend",
        "opencv",
    ]
    for kill_driver in (True, False, True):
        process = subprocess.Popen([*command, "--workers", "2", "-q"], start_new_session=True)
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline and len(list(out.glob("*.png"))) < 4:
            time.sleep(0.02)
        children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        victims = (
            [process.pid]
            if kill_driver
            else [child.pid for child in random.sample(children, min(1, len(children)))]
        )
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        if kill_driver:
            process.wait()
            _, alive = psutil.wait_procs(children, timeout=60)
            assert [child for child in alive if child.status() != psutil.STATUS_ZOMBIE] == []
        else:
            process.wait(timeout=120)
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, timeout=120, check=True)
    summary = json.loads(done.stdout)
    assert (summary["done"], summary["failed"], summary["total"]) == (40, 0, 40)
    for number in range(40):
        expected = tk.apply("stylization", tk.load(folder / f"{number}.png"), backend="opencv")
        assert (tk.load(out / f"{number}.png") == expected).all()
    assert {state for state, _ in states(out).values()} == {"done"}
    assert list(out.glob(".atelier-*.part")) == []


def test_a_picture_that_is_no_longer_there_is_no_longer_a_failure(pictures, tmp_path):
    assert tk.batch("fit_side", pictures, tmp_path / "out", side=32).failed == 1
    (pictures / "broken.jpg").unlink()
    found = tk.batch("fit_side", pictures, tmp_path / "out", side=32)
    assert (found.done, found.failed, found.total) == (8, 0, 8)
