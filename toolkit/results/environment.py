"""Which rows may stand next to each other: the short hash that names a machine in tables and frames."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

DIGITS = 8

_CPU = ("model", "logical", "allowed", "quota", "physical_allowed", "governor", "max_hz")
_SHARED_RUNTIMES = ("numpy", "opencv-contrib-python")


def environment_of(fingerprint: Mapping[str, Any]) -> str:
    """8 hex digits; equal for rows that may be compared.

    A fingerprint also holds what no row of a table depends on: the probes, which of several equal cores are
    allowed, runtimes that were installed between two rows. A runtime that a trial does use is part of its key.

    >>> environment_of({"cpu": {"model": "A"}, "probes": {}}) == environment_of({"cpu": {"model": "A"}})
    True
    """
    cpu, memory = fingerprint.get("cpu", {}), fingerprint.get("memory", {})
    runtimes = fingerprint.get("runtimes", {})
    decisive = {
        "cpu": [cpu.get(name) for name in _CPU],
        # The kernel keeps a slightly different share for itself at each start: whole gibibytes are stable.
        "memory_gib": [round((memory.get(name) or 0) / 2**30) for name in ("total_bytes", "limit_bytes")],
        "gpu": [card.get("name") for card in fingerprint.get("gpu", [])],
        "system": fingerprint.get("system"),
        "python": fingerprint.get("python"),
        "runtimes": [runtimes.get(name) for name in _SHARED_RUNTIMES],
    }
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:DIGITS]
