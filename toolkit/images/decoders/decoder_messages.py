"""Collect the messages that a decoder in C writes to stderr: libjpeg reports damaged pictures only there."""

from __future__ import annotations

import logging
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_STDERR = 2
# Beginnings of the lines that libjpeg, libpng, OpenCV and libtiff write; a line of libtiff begins with the name of
# one of its functions.
_DECODERS = re.compile(
    r"(Corrupt|Premature end of|Inconsistent progression|Unknown Adobe|Invalid|Warning: unknown|Unsupported|libpng"
    r"|\[ ?(WARN|ERROR|INFO)|\w*(TIFF|Decode)\w*: )"
)

_log = logging.getLogger(__name__)


@contextmanager
def decoder_messages() -> Iterator[list[str]]:
    """Yield a list; when the context ends, the list holds the lines that a decoder wrote to stderr.

    The process has one stderr, so the caller must run one decoder at a time. Lines that other code writes to stderr
    within the context are passed on to stderr when the context ends. On Linux the lines are kept in memory, because the
    disk may be full or read-only.
    """
    messages: list[str] = []
    with _memory_file() as written, _opencv_warns():
        before = _duplicate(_STDERR)
        os.dup2(written, _STDERR)
        try:
            yield messages
        finally:
            if before is None:
                os.close(_STDERR)
            else:
                os.dup2(before, _STDERR)
                os.close(before)
            os.lseek(written, 0, os.SEEK_SET)
            others = []
            for line in _read(written).splitlines(keepends=True):
                if _DECODERS.match(line):
                    messages.append(line.strip())
                    _log.debug("%s", messages[-1])
                else:
                    others.append(line)
            if others and before is not None:
                os.write(_STDERR, "".join(others).encode(errors="surrogateescape"))


@contextmanager
def _opencv_warns() -> Iterator[None]:
    """Set OpenCV's log level to warnings, because a silent OpenCV does not pass on the warnings of libtiff."""
    from cv2.utils import logging as log

    before = log.getLogLevel()
    log.setLogLevel(log.LOG_LEVEL_WARNING)
    try:
        yield
    finally:
        log.setLogLevel(before)


@contextmanager
def _memory_file() -> Iterator[int]:
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("decoder_messages")
        try:
            yield descriptor
        finally:
            os.close(descriptor)
    else:
        with tempfile.TemporaryFile() as file:
            yield file.fileno()


def _duplicate(descriptor: int) -> int | None:
    """A second descriptor of the file of `descriptor`; None if `descriptor` is closed, as after ``2>&-``."""
    try:
        return os.dup(descriptor)
    except OSError:
        return None


def _read(descriptor: int) -> str:
    size = os.fstat(descriptor).st_size
    return os.read(descriptor, size).decode(errors="surrogateescape")
