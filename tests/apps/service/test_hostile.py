"""Whatever is sent, the answer is no fault of ours, nothing lies outside the data folder, and others are served."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.apps import bad_pictures
from tests.apps.service.running_service import RunningService, png, running

BAD = [
    one
    for name, one in vars(bad_pictures).items()
    if callable(one) and one.__module__ == bad_pictures.__name__
]
MAKERS = [one for one in BAD if not one.__name__.startswith("_")]
NASTY = (
    "../../up",
    "..\\..\\up",
    "/etc/passwd",
    "a\x00b",
    "%2e%2e%2fup",
    "naps;rm",
    "\u202e",
    "x" * 300,
    "C:\\up",
    "",
)


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
    with socket.create_connection(("127.0.0.1", service.port), timeout=15) as client:
        try:
            client.sendall(content)
            client.shutdown(socket.SHUT_WR)
            return client.recv(4096)
        except (ConnectionError, TimeoutError):
            return b""


def _malformed(dice: random.Random) -> bytes:
    """A multipart request that was damaged somewhere."""
    boundary = b"line"
    body = (
        b'--line\r\nContent-Disposition: form-data; name="operation"\r\n\r\nnaps\r\n'
        b'--line\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
        + png()
        + b"\r\n--line--\r\n"
    )
    length = len(body)
    match dice.randrange(6):
        case 0:
            length += dice.choice((-50, 50, 10**12))
        case 1:
            boundary = dice.choice((b"other", b"", b"\xff\xfe", b"x" * 5000))
        case 2:
            at = dice.randrange(len(body))
            body = body[:at] + dice.randbytes(20) + body[at + 20 :]
        case 3:
            body = body[: dice.randrange(len(body))]
            length = len(body)
        case 4:
            body = body.replace(b"a.png", dice.choice(NASTY).encode(errors="replace").replace(b'"', b""))
            length = len(body)
        case 5:
            body = body.replace(b"\r\n\r\n", b"\n", 1)
            length = len(body)
    kind = b"Content-Type: multipart/form-data; boundary=" + boundary
    return b"POST /jobs HTTP/1.1\r\nHost: a\r\n%b\r\nContent-Length: %d\r\n\r\n" % (kind, length) + body


def test_malformed_uploads_are_no_fault_of_ours_and_write_nothing_elsewhere(
    service: RunningService, tmp_path
):
    assert service.process is not None
    front = psutil.Process(service.process.pid)
    service.submit()
    before_bytes = front.memory_info().rss
    dice, codes = random.Random(3), []
    for _ in range(80):
        line = _raw(service, _malformed(dice)).split(b"\r\n")[0]
        codes.append(int(line.split()[1]) if line else 0)
    for number, make in enumerate(MAKERS):
        content = make(tmp_path)
        if isinstance(content, Path) and content.is_file():
            codes.append(service.submit(content.read_bytes(), key=f"bad {number}").status_code)
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
    with socket.create_connection(("127.0.0.1", service.port), timeout=15) as client:
        client.sendall(
            b"POST /jobs HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=line\r\n"
            b"Content-Length: 30000000\r\n\r\n--line\r\n"
        )
        assert b" 413 " in client.recv(4096)


def test_many_slow_senders_do_not_keep_others_from_being_served(service: RunningService):
    senders = []
    for _ in range(100):
        sender = socket.create_connection(("127.0.0.1", service.port), timeout=30)
        sender.sendall(b"POST /jobs HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n-")
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
    end_s = time.monotonic() + 25
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
