"""What the Store promises: nothing lost, nothing half-written, and a sentence for everything else."""

from __future__ import annotations

import json
import math
import random
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from tests.results.factory import MACHINE, OTHER_MACHINE, make_measurement, too_large
from tests.results.store.writers import CHECKOUT, start
from toolkit.core.errors import InvalidValue
from toolkit.results.store.store import Store


def test_a_measurement_comes_back_equal(store):
    given = make_measurement(workers=2, psnr_db=51.25, max_abs=1, suspect=("load 3.1 on 2 cores",))
    store.add(given)
    assert list(store) == [given]
    assert Store(store.path).latest() == [given]


def test_numbers_that_json_lacks_come_back(store):
    store.add(make_measurement(quality={"psnr_db": math.inf, "ssim": math.nan}))
    quality = store.latest()[0].quality
    assert quality["psnr_db"] == math.inf and math.isnan(quality["ssim"])


def test_the_latest_of_each_key_is_shown_and_all_are_kept(store):
    slow, fast = make_measurement(latency_s=2.0), make_measurement(latency_s=1.0)
    other = make_measurement("oil_painting")
    for measurement in (slow, other, fast):
        store.add(measurement)
    assert store.latest() == [other, fast]
    assert store.all() == [slow, other, fast]
    assert len(store) == 2


def test_only_settled_answers_count_as_done(store):
    done = [make_measurement(), too_large()]
    open_ = [
        make_measurement("oil_painting", status="skipped", cause="unavailable", note="pip install x"),
        make_measurement("color_pencil", status="failed", cause="timed out", note="over 60 s"),
    ]
    for measurement in done + open_:
        store.add(measurement)
    assert store.keys() == {measurement.key for measurement in done}


def test_find_takes_single_values_and_collections(store):
    for operation in ("stylization", "oil_painting"):
        for workers in (1, 2, 4):
            store.add(make_measurement(operation, workers=workers))
    found = store.find(operation="oil_painting", workers=(1, 4))
    assert [(m.trial.operation, m.trial.workers) for m in found] == [("oil_painting", 1), ("oil_painting", 4)]
    assert store.find(operation=["carn_m"]) == []
    assert store.find(key=found[0].key) == [found[0]]


def test_a_fingerprint_is_stored_once(store):
    for seed in range(5):
        store.add(make_measurement(seed=seed, latency_s=1 + seed))
    store.add(make_measurement(fingerprint=OTHER_MACHINE))
    with sqlite3.connect(store.path) as db:
        assert db.execute("SELECT count(*) FROM fingerprints").fetchone() == (2,)
    db.close()


def test_a_store_that_is_not_there_is_empty_and_is_not_made_by_reading(store):
    assert store.latest() == [] and store.keys() == set() and len(store) == 0
    assert not store.path.parent.exists()


def test_default_path_is_in_the_checkout(tmp_path, monkeypatch):
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path))
    assert Store().path == tmp_path / "data" / "results" / "atelier.sqlite"


# --- what it refuses


# --- concurrency and sudden death

WRITER = """
store = Store(sys.argv[1])
sys.stdin.readline()
for number in range(25):
    store.add(make_measurement(seed=number, environment_id=sys.argv[2] + str(number)))
"""


def test_concurrent_writers_lose_nothing(store):
    writers = [
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import sys\nfrom tests.results.factory import *\nfrom toolkit.results.store.store import Store\n"
                + WRITER,
                str(store.path),
                f"writer{number}-",
            ],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    for writer in writers:  # all start together, on a store that does not exist yet
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    seen = 0
    while any(writer.poll() is None for writer in writers):
        found = len(store.latest())
        assert found >= seen
        seen = found
    for writer in writers:
        assert writer.communicate()[1] == "" and writer.returncode == 0
    assert len(store.latest()) == len(store.all()) == 100


ENDLESS = """
store = Store(sys.argv[1])
number = int(sys.argv[2])
while True:
    store.add(make_measurement(environment_id=f"e{number}", workers=4, blocks=7))
    print(number, flush=True)
    number += 1
"""


def test_kill_9_at_any_moment_leaves_every_finished_measurement(store):
    rng, promised = random.Random(7), 0
    for _ in range(6):
        writer = start(ENDLESS, str(store.path), str(promised))
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(rng.uniform(0.0, 0.05))
        writer.send_signal(signal.SIGKILL)
        lines = writer.communicate()[0].split()
        finished = int(lines[-1]) + 1 if lines else promised + 1
        found = Store(store.path).latest()
        # The one being written when the process died may be there or not, whole in either case.
        assert len(found) in (finished, finished + 1)
        assert [m.environment_id for m in found] == [f"e{number}" for number in range(len(found))]
        promised = len(found)
    with sqlite3.connect(store.path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


# --- export


def test_json_export_is_strict_and_holds_the_raw_samples(store, tmp_path):
    given = make_measurement(workers=2, quality={"psnr_db": math.inf})
    store.add(make_measurement(latency_s=3.0, workers=2))
    store.add(given)

    def refuse(word: str) -> None:
        raise AssertionError(word)

    document = json.loads(store.export_json(tmp_path / "out.json").read_text(), parse_constant=refuse)
    first, second = document["measurements"]
    assert second["blocks"][0]["workers"][1]["samples_s"] == list(given.blocks[0].workers[1].samples_s)
    assert second["quality"] == {"psnr_db": None}
    assert first["key"] == second["key"] == given.key
    assert document["fingerprints"][second["fingerprint"]] == MACHINE


def test_a_failed_export_leaves_the_earlier_file(store, tmp_path):
    (tmp_path / "folder").mkdir()
    store.add(make_measurement())
    with pytest.raises(InvalidValue, match="cannot be written"):
        store.export_json(tmp_path / "folder")
    assert list(tmp_path.glob(".*")) == [] and (tmp_path / "folder").is_dir()


def test_importing_the_store_is_cheap():
    heavy = "{'pandas', 'matplotlib', 'cv2', 'scipy'}"
    script = f"import sys; import toolkit.results.store.store; print({heavy} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
