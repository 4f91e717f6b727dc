"""Each probe is one row that says what it is for; the fingerprint and ``atelier doctor`` show every row."""

from __future__ import annotations

from collections import Counter

import pytest

from toolkit.machine.kernel_files import ROOT, Reading
from toolkit.machine.probes import PROBES, Probe


def test_names_differ() -> None:
    assert set(Counter(probe.name for probe in PROBES).values()) == {1}


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.name)
def test_a_probe_reads_this_machine_and_says_what_it_is_for(probe: Probe) -> None:
    assert isinstance(probe.read(ROOT), Reading)
    assert probe.used_for
    assert probe.used_for != probe.absence_weakens
