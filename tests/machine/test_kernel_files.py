"""A file of the kernel is present, absent or denied; reading never raises."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.machine.planted_tree import plant
from toolkit.machine.kernel_files import Reading, combine, first, read


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


def test_a_file_without_read_permission_is_denied(tmp_path: Path) -> None:
    counter = plant(tmp_path, {"energy_uj": "17\n"}) / "energy_uj"
    counter.chmod(0)
    with as_ordinary_user():
        assert read(counter, int).state == "denied"
    counter.chmod(0o444)
    assert read(counter, int) == Reading("present", 17)


def test_denied_is_not_reported_as_absent() -> None:
    readings: list[Reading[int]] = [Reading("absent"), Reading("denied")]
    assert first(readings).state == "denied"
    assert first([*readings, Reading("present", 3)]).value == 3


def test_a_combination_without_values_keeps_the_state() -> None:
    assert combine([Reading[int]("absent"), Reading[int]("denied")], sum) == Reading("denied")
    assert combine([Reading[int]("absent"), Reading[int]("present")], min) == Reading("present", None)
