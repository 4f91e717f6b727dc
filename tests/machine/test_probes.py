"""Limits in every layout of cgroups; what may not be read is denied, not a crash."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from toolkit.machine import probes


def plant(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@contextmanager
def as_ordinary_user() -> Iterator[None]:
    """Permissions do not bind the superuser, under whom many containers run their tests."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        ({"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "1073741824\n"}, 1 << 30),
        (
            {
                "proc/self/cgroup": "2:memory:/a\n",
                "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "9223372036854771712\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n",
            },
            512 << 20,
        ),
        (
            {
                "proc/self/cgroup": "2:memory:/\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            },
            None,
        ),
    ],
    ids=["v2", "v1 parent", "v1 unlimited"],
)
def test_memory_limit(tmp_path: Path, files: dict[str, str], limit: int | None) -> None:
    assert probes.memory_limit(plant(tmp_path, files)) == probes.Reading("present", limit)


def test_what_may_not_be_read_is_denied(tmp_path: Path) -> None:
    counter = plant(tmp_path, {"energy_uj": "17\n"}) / "energy_uj"
    counter.chmod(0)
    with as_ordinary_user():
        assert probes.read(counter, int).state == "denied"
    counter.chmod(0o444)
    assert probes.read(counter, int) == probes.Reading("present", 17)


def test_a_denied_source_is_not_taken_for_an_absent_one() -> None:
    readings: list[probes.Reading[int]] = [probes.Reading("absent"), probes.Reading("denied")]
    assert probes.first(readings).state == "denied"
    assert probes.first([*readings, probes.Reading("present", 3)]).value == 3
