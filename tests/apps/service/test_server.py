"""What a service does when it is full, when it or its workers are killed, and when it is told to end."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import threading
import time

import pytest

from tests.apps.service.running_service import NAPS, RunningService, is_alive, png, running
from tests.waiting import wait_for
from toolkit.apps.cli.main import run


@pytest.fixture
def small(tmp_path):
    with running(tmp_path, "naps", "--queue", "2", "--workers", "1") as started:
        yield started


def jobs(service: RunningService, count: int, seconds: float) -> list[str]:
    answers = [service.submit(png(seed=number), params={"seconds": seconds}) for number in range(count)]
    assert [answer.status_code for answer in answers] == [202] * count
    return [answer.json()["id"] for answer in answers]


def answer_on(client: socket.socket) -> http.client.HTTPResponse:
    answer = http.client.HTTPResponse(client)
    answer.begin()
    answer.read()
    return answer


def test_a_full_queue_says_when_to_come_again_and_cancelling_makes_room(small: RunningService):
    first = small.submit(png(seed=99), params={"seconds": 30.0}).json()["id"]
    small.until(first, "running")
    waiting = jobs(small, 2, 0.05)
    assert [small.job(number)["position"] for number in waiting] == [1, 2]
    full = small.submit(png(seed=50))
    assert full.status_code == 429 and int(full.headers["retry-after"]) >= 1
    assert small.client.delete(f"/jobs/{waiting[0]}").status_code == 200
    assert small.job(waiting[0])["state"] == "cancelled"
    assert small.submit(png(seed=50)).status_code == 202
    assert small.client.get(f"/jobs/{first}/result").status_code == 409
    assert small.client.delete(f"/jobs/{first}").status_code == 202
    assert small.ended(first)["state"] == "cancelled"
    assert small.ended(waiting[1])["state"] == "done"


def test_a_full_queue_answers_before_the_picture_has_come_and_the_connection_goes_on(small: RunningService):
    first = small.submit(png(seed=99), key="mine", params={"seconds": 30.0}).json()["id"]
    small.until(first, "running")
    jobs(small, 2, 30.0)
    n_uploads = len(list((small.data / "uploads").iterdir()))
    asked = b"POST /jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=line\r\n"
    with socket.create_connection(("127.0.0.1", small.port), timeout=60) as client:
        client.sendall(asked + b"Content-Length: 3000000\r\n\r\n")
        refused = answer_on(client)
        assert refused.status == 429 and int(refused.headers["retry-after"]) >= 1
        client.sendall(bytes(3_000_000) + b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert answer_on(client).status == 200
    with socket.create_connection(("127.0.0.1", small.port), timeout=60) as client:
        client.sendall(asked + b"Content-Length: 3000000\r\nExpect: 100-continue\r\n\r\n")
        refused = answer_on(client)
        assert refused.status == 429 and refused.headers["connection"] == "close"
        assert client.recv(1) == b""  # no body will follow, so nothing could be understood after it
    assert len(list((small.data / "uploads").iterdir())) == n_uploads
    again = small.submit(png(seed=99), key="mine", params={"seconds": 30.0})
    assert (again.status_code, again.json()["id"]) == (202, first)
    assert 'atelier_jobs_submitted_total{outcome="full"} 2.0' in small.client.get("/metrics").text


def test_a_killed_worker_costs_nobody_his_job_and_a_poison_job_fails_alone(small: RunningService):
    (number,) = jobs(small, 1, 5.0)
    small.until(number, "running")
    time.sleep(1.0)  # a worker that dies before it has the picture is replaced, and does not count
    (worker,) = small.worker_pids()
    os.kill(worker, signal.SIGKILL)
    assert small.ended(number)["state"] == "done"
    poison = small.ended(small.submit(png(seed=3), params={"dies": True}).json()["id"])
    assert poison["state"] == "failed" and poison["error"]["cause"] == "died"
    (number,) = jobs(small, 1, 0.01)
    assert small.ended(number)["state"] == "done"
    assert 'atelier_worker_ends_total{cause="killed by signal 9"} 4.0' in small.client.get("/metrics").text


def test_a_killed_service_goes_on_where_it_was(small: RunningService):
    key, picture = "a key", png(seed=1)
    running_job = small.submit(picture, key=key, params={"seconds": 5.0}).json()["id"]
    (waiting,) = jobs(small, 1, 0.05)
    small.until(running_job, "running")
    workers = small.worker_pids()
    small.kill()
    small.start()
    assert small.submit(picture, key=key, params={"seconds": 5.0}).json()["id"] == running_job
    found = small.ended(running_job)
    assert found["state"] == "done" and found["attempts"] == 2
    assert small.ended(waiting)["state"] == "done"
    assert not any(is_alive(pid) for pid in workers)


def test_a_service_that_is_told_to_end_lets_the_running_job_end(small: RunningService):
    running_job = small.submit(png(seed=70), params={"seconds": 6.0}).json()["id"]
    (waiting,) = jobs(small, 1, 0.5)
    small.until(running_job, "running")
    told: list[str] = []

    def listen() -> None:
        with small.client.stream("GET", f"/jobs/{running_job}/events") as answer:
            told.extend(line for line in answer.iter_lines() if line.startswith("event: "))

    listener = threading.Thread(target=listen)
    listener.start()
    wait_for(lambda: told)
    assert small.process is not None
    small.process.send_signal(signal.SIGTERM)
    end_s = time.monotonic() + 60
    while (refused := small.submit(png(seed=71))).status_code != 503:
        assert time.monotonic() < end_s
    assert "retry-after" in refused.headers
    assert small.process.wait(timeout=60) == 0
    listener.join(timeout=60)
    small.client.close()
    assert told[-1] == "event: end"
    small.start()
    assert small.job(running_job)["state"] == "done"
    assert small.ended(waiting)["state"] == "done"


def test_a_service_with_a_token_asks_for_it(tmp_path):
    with running(tmp_path, "naps", "--token", "open sesame") as service:
        assert service.client.get("/healthz").status_code == 200
        refused = service.client.get("/queue")
        assert refused.status_code == 401 and refused.headers["www-authenticate"] == "Bearer"
        assert service.client.get("/queue", headers={"Authorization": "Bearer wrong"}).status_code == 401
        right = {"Authorization": "Bearer open sesame"}
        assert service.client.get("/queue", headers=right).status_code == 200
        page = service.client.get("/", params={"token": "open sesame"}, follow_redirects=True)
        assert page.status_code == 200 and "token" not in str(page.url)
        assert service.client.get("/queue").status_code == 200  # by the cookie


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["nosuch"], 2, "nosuch"),
        (["naps", "--host", "0.0.0.0"], 2, "--token"),
        (["naps", "--workers", "3..1"], 2, "workers"),
        (["naps", "--executor", "threads"], 2, "isolates"),
    ],
)
def test_what_cannot_be_served_is_said_before_anything_starts(tmp_path, capsys, arguments, code, word):
    plugin = ["--plugin", str(NAPS)] if arguments[0] == "naps" else []
    assert run(["serve", *arguments, *plugin, "--data", str(tmp_path)]) == code
    assert word in capsys.readouterr().err


def test_one_service_at_a_time_uses_a_folder_and_a_port(small, capsys):
    same = ["serve", "naps", "--plugin", str(NAPS), "--data"]
    assert run([*same, str(small.data), "--port", "0"]) == 2
    assert "another service" in capsys.readouterr().err
    assert run([*same, str(small.data / "other"), "--port", str(small.port)]) == 3
    assert "--port" in capsys.readouterr().err
