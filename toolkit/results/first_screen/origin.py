"""Describe the origin of the numbers on a report's first screen: machine, software versions, date, state of the run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from toolkit.contracts.backend import BACKENDS
from toolkit.results.first_screen.screen import Tag
from toolkit.results.rows.summary import Summary

_LEGAL = re.compile(r"\((?:R|TM|C)\)|\bCPU\b|@.*$", re.IGNORECASE)


def machine_line(machine: Mapping[str, Any]) -> str:
    """One line with the processor, cores and memory of a machine, from its fingerprint.

    >>> cpu = {"model": "Intel(R) Xeon(R) CPU @ 2.20GHz", "allowed": 2}
    >>> machine_line({"cpu": cpu, "memory": {"total_bytes": 25e9}})
    'Intel Xeon, 2 cores, 25 GB'
    """
    cpu, total_bytes = machine["cpu"], machine["memory"].get("total_bytes")
    model = " ".join(_LEGAL.sub(" ", cpu["model"]).split())
    cores = f"{cpu['allowed']} core" + ("s" if cpu["allowed"] != 1 else "")
    return ", ".join([model, cores, *([f"{total_bytes / 1e9:.0f} GB"] if total_bytes else [])])


def facts_of(rows: Sequence[Summary], machine: Mapping[str, Any]) -> list[str]:
    """Operating system, versions of the measured backends, and dates of the measurements."""
    system = re.sub(r"GNU/Linux |\s*\(.*\)", "", machine["system"]["name"])
    backends = dict.fromkeys(s.trial.backend for s in rows)
    versions = [_version(name, machine["runtimes"]) for name in backends if name in BACKENDS]
    return [" · ".join([system, *dict.fromkeys(filter(None, versions))]), *_dates(rows)]


def state_tags(rows: Sequence[Summary], *, state: str, is_complete: bool) -> list[Tag]:
    """Labels for the state of the run (such as ``complete: 16 rows``) and for whether the machine was quiet."""
    doubted = sum(bool(s.measurement.suspect) for s in rows)
    tags = [Tag(state, is_warning=not is_complete)]
    if doubted:
        text = "busy machine" if doubted == len(rows) else f"{doubted} of {len(rows)} rows disturbed"
        tags.append(Tag(text, is_warning=True))
    elif rows:
        tags.append(Tag("quiet machine"))
    return tags


def _dates(rows: Sequence[Summary]) -> list[str]:
    """Day and time of the newest measurement, after the day of the oldest measurement if the days differ."""
    times = sorted(filter(None, (str(s.measurement.provenance.get("time", "")) for s in rows)))
    if not times:
        return []
    oldest, newest = (datetime.fromisoformat(time) for time in (times[0], times[-1]))
    since = "" if oldest.date() == newest.date() else f"{oldest:%-d %b %Y} to "
    return [f"{since}{newest:%-d %b %Y, %H:%M} UTC"]


def _version(backend: str, runtimes: Mapping[str, str]) -> str:
    distribution = BACKENDS[backend].distribution
    version = ".".join(runtimes.get(distribution, "").split("+")[0].split(".")[:2])
    name = "OpenCV" if distribution.startswith("opencv") else distribution
    return f"{name} {version}" if version else ""
