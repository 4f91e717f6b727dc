"""Whatever is sent, the answer is no fault of ours, nothing lies outside the data folder, and others are served."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Iterator

import httpx
import psutil
import pytest

from tests.apps.service.hostile_requests import NASTY, SLOW, bad_files, malformed
from tests.apps.service.running_service import RunningService, png, running


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    with running(tmp_path_factory.mktemp("hostile") / "data", "naps", "oil_painting") as started:
        yield started


def test_the_schema_is_kept_by_whatever_schemathesis_thinks_of(service: RunningService):
    schemathesis = pytest.importorskip("schemathesis")
    from hypothesis import HealthCheck, given, seed, settings
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

    schema = schemathesis.openapi.from_url(f"{service.url}/openapi.json")
    checks = [not_a_server_error, status_code_conformance, response_schema_conformance]
    count = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        count += 1

        @seed(7)
        @settings(max_examples=6, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def ask(case):
            case.call_and_validate(checks=checks)

        ask()
    assert count >= 10


def _raw(service: RunningService, content: bytes) -> bytes:
    """The beginning of the answer to bytes that no client would send; empty if the connection was closed."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as client:
        try:
            client.sendall(content)
            client.shutdown(socket.SHUT_WR)
            return client.recv(4096)
        except (ConnectionError, TimeoutError):
            return b""


def test_malformed_uploads_are_no_fault_of_ours_and_write_nothing_elsewhere(
    service: RunningService, tmp_path
):
    assert service.process is not None
    front = psutil.Process(service.process.pid)
    service.submit()
    before_bytes = front.memory_info().rss
    dice, codes = random.Random(3), []
    for _ in range(80):
        line = _raw(service, malformed(dice, png())).split(b"\r\n")[0]
        codes.append(int(line.split()[1]) if line else 0)
    for number, content in enumerate(bad_files(tmp_path)):
        codes.append(service.submit(content, key=f"bad {number}").status_code)
    for nasty in NASTY:
        printable = nasty.encode("ascii", "replace").decode().replace("\x00", "?")
        codes.append(service.submit(png(seed=1), key=printable, operation=nasty or ",").status_code)
        codes.append(service.submit(png(seed=1), key=printable).status_code)
    assert [code for code in codes if code >= 500] == []
    assert {202, 400, 404, 415} <= set(codes)
    assert {path.name for path in service.data.parent.iterdir()} == {"data"}
    assert front.memory_info().rss < before_bytes + 50_000_000


def test_a_page_of_another_site_cannot_use_the_service(service: RunningService):
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}):
        answer = service.client.get("/queue", headers=headers)
        assert answer.status_code == 403 and answer.headers["content-type"] == "application/problem+json"
    assert service.client.get("/queue", headers={"Origin": service.url}).status_code == 200


def test_a_body_that_is_too_long_is_refused_with_and_without_a_length(service: RunningService):
    def chunks() -> Iterator[bytes]:
        yield b'--line\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
        for _ in range(22):
            yield bytes(1_000_000)

    headers = {"Content-Type": "multipart/form-data; boundary=line"}
    try:
        without = service.client.post("/jobs", content=chunks(), headers=headers).status_code
    except httpx.TransportError:  # the service has answered and closed while the client still sent
        without = 413
    assert without == 413
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as client:
        client.sendall(
            b"POST /jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=line\r\n"
            b"Content-Length: 30000000\r\n\r\n--line\r\n"
        )
        assert b" 413 " in client.recv(4096)


def test_many_slow_senders_do_not_keep_others_from_being_served(service: RunningService):
    senders = []
    for _ in range(100):
        sender = socket.create_connection(("127.0.0.1", service.port), timeout=60)
        sender.sendall(SLOW)
        senders.append(sender)
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(1.0):
            for sender in senders:
                try:
                    sender.send(b"-")
                except OSError:
                    continue

    thread = threading.Thread(target=drip)
    thread.start()
    number = service.submit(png(seed=77)).json()["id"]
    assert service.ended(number)["state"] == "done"
    end_s = time.monotonic() + 60
    closed = 0
    for sender in senders:
        sender.settimeout(max(0.1, end_s - time.monotonic()))
        try:
            while sender.recv(4096):
                pass
            closed += 1
        except ConnectionError:
            closed += 1
        except TimeoutError:
            pass
    stop.set()
    thread.join()
    for sender in senders:
        sender.close()
    assert closed == len(senders)
