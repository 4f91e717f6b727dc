"""Where the figures of a first screen come from: the machine, its versions, the date, and the state of the run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from toolkit.contracts.backend import BACKENDS
from toolkit.results.first_screen.screen import Tag
from toolkit.results.rows.summary import Summary

_LEGAL = re.compile(r"\((?:R|TM|C)\)|\bCPU\b|@.*$", re.IGNORECASE)


def machine_line(machine: Mapping[str, Any]) -> str:
    """Processor, cores and memory of a fingerprint.

    >>> cpu = {"model": "Intel(R) Xeon(R) CPU @ 2.20GHz", "allowed": 2}
    >>> machine_line({"cpu": cpu, "memory": {"total_bytes": 25e9}})
    'Intel Xeon, 2 cores, 25 GB'
    """
    cpu, total_bytes = machine["cpu"], machine["memory"].get("total_bytes")
    model = " ".join(_LEGAL.sub(" ", cpu["model"]).split())
    cores = f"{cpu['allowed']} core" + ("s" if cpu["allowed"] != 1 else "")
    return ", ".join([model, cores, *([f"{total_bytes / 1e9:.0f} GB"] if total_bytes else [])])


def facts_of(rows: Sequence[Summary], machine: Mapping[str, Any]) -> list[str]:
    """System, versions of the backends that were measured, and when the newest row was measured."""
    system = re.sub(r"GNU/Linux |\s*\(.*\)", "", machine["system"]["name"])
    backends = dict.fromkeys(s.trial.backend for s in rows)
    versions = [_version(name, machine["runtimes"]) for name in backends if name in BACKENDS]
    newest = max((str(s.measurement.provenance.get("time", "")) for s in rows), default="")
    date = [f"{datetime.fromisoformat(newest):%-d %b %Y, %H:%M} UTC"] if newest else []
    return [" · ".join([system, *dict.fromkeys(filter(None, versions))]), *date]


def state_tags(rows: Iterable[Summary], *, n_left: int) -> list[Tag]:
    """Complete or partial, and whether the machine was quiet."""
    rows = list(rows)
    doubted = sum(bool(s.measurement.suspect) for s in rows)
    total = len(rows) + n_left
    state = (
        Tag(f"partial: {len(rows)} of {total} rows", is_warning=True)
        if n_left
        else Tag(f"complete: {total} of {total} rows")
    )
    if not doubted:
        return [state, Tag("quiet machine")] if rows else [state]
    share = "" if doubted == len(rows) else f": {doubted} of {len(rows)} rows disturbed"
    return [state, Tag(f"busy machine{share}", is_warning=True)]


def _version(backend: str, runtimes: Mapping[str, str]) -> str:
    distribution = BACKENDS[backend].distribution
    version = ".".join(runtimes.get(distribution, "").split("+")[0].split(".")[:2])
    name = "OpenCV" if distribution.startswith("opencv") else distribution
    return f"{name} {version}" if version else ""
