"""Requests that no honest client sends: damaged forms, names that are paths, and pictures that are none."""

from __future__ import annotations

import random
from pathlib import Path

from tests.apps import bad_pictures

_FOUND = [
    one
    for name, one in vars(bad_pictures).items()
    if callable(one) and one.__module__ == bad_pictures.__name__ and not name.startswith("_")
]

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
"""Texts that would do harm as a part of a path or of a command."""


def bad_files(folder: Path) -> list[bytes]:
    """The contents of all bad pictures that are files."""
    made = [make(folder) for make in _FOUND]
    return [path.read_bytes() for path in made if isinstance(path, Path) and path.is_file()]


def malformed(dice: random.Random, image: bytes) -> bytes:
    """A multipart request that was damaged somewhere."""
    boundary = b"line"
    body = (
        b'--line\r\nContent-Disposition: form-data; name="operation"\r\n\r\nnaps\r\n'
        b'--line\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
        + image
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
    return (
        b"POST /jobs HTTP/1.1\r\nHost: 127.0.0.1\r\n%b\r\nContent-Length: %d\r\n\r\n" % (kind, length) + body
    )


SLOW = b"POST /jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n-"
"""The beginning of a request whose body never ends."""
