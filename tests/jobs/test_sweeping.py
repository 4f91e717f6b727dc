"""Old jobs lose their files, later their rows; what waits too long expires; files of live jobs stay."""

import os
import time

from tests.jobs.service_jobs import asked, queue_in
from toolkit.jobs.job import Ended, State
from toolkit.jobs.sweeping import sweep


def make_old(*files) -> None:
    for file in files:
        os.utime(file, (time.time() - 100, time.time() - 100))


def test_files_of_old_jobs_are_removed(tmp_path):
    queue = queue_in(tmp_path)
    queue.submit("old", asked(queue.folder, 0))
    running = queue.claim()
    result = queue.folder.result("old", 1, "naps", ".png")
    result.write_bytes(b"a result")
    queue.finish(running, Ended())
    queue.submit("waits", asked(queue.folder, 1))
    orphan = queue.folder.uploads / "of nobody"
    orphan.write_bytes(b"a picture")
    make_old(orphan, result, queue.folder.uploads / "picture-1")
    assert sweep(queue, keep_s=50) == 0 and not orphan.exists()
    queue.ledger.rows("UPDATE jobs SET finished_s = finished_s - 100 WHERE name = 'old'")
    assert sweep(queue, keep_s=50) == 1
    assert queue.told("old").record.state is State.EXPIRED
    assert [file.name for file in queue.folder.uploads.iterdir()] == ["picture-1"]
    assert not list(queue.folder.results.iterdir())
    queue.ledger.rows("UPDATE jobs SET finished_s = finished_s - 10000 WHERE name = 'old'")
    sweep(queue, keep_s=50)
    assert queue.told("old") is None
    queue.ledger.rows("UPDATE jobs SET queued_s = queued_s - 100")
    sweep(queue, keep_s=50)
    assert queue.told("waits").record.state is State.EXPIRED and queue.load()["waiting"] == 0
    queue.close()
