"""Deflated bytes are counted over their parts; damage and data without an end are errors."""

from __future__ import annotations

import zlib

import pytest

from toolkit.images.decoders.inflated import inflated_bytes

PIXELS = bytes(range(256)) * 40
STREAM = memoryview(zlib.compress(PIXELS))


def test_parts_are_counted_together() -> None:
    parts = [STREAM[:50], STREAM[50:50], STREAM[50:]]
    assert inflated_bytes(parts, len(PIXELS)) == len(PIXELS)
    assert inflated_bytes([STREAM], 100) == len(PIXELS)
    assert inflated_bytes([STREAM[:60]], len(PIXELS)) < len(PIXELS)


def test_a_missing_checksum_does_no_harm_and_a_wrong_one_does() -> None:
    assert inflated_bytes([STREAM[:-4]], len(PIXELS)) == len(PIXELS)
    with pytest.raises(zlib.error, match="incorrect data check"):
        inflated_bytes([memoryview(bytes(STREAM[:-1]) + b"x")], len(PIXELS))


def test_data_without_an_end_is_refused_before_it_fills_the_memory() -> None:
    endless = zlib.compressobj()
    data = endless.compress(bytes(50_000_000)) + endless.flush(zlib.Z_SYNC_FLUSH)
    with pytest.raises(ValueError, match="no end"):
        inflated_bytes([memoryview(data)], 10)
