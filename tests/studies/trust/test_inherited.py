"""The usual counter reports a parent's memory as its child's; ours do not."""

from __future__ import annotations

import sys

import pytest

from toolkit.studies.trust.inherited import inherited_peak


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands a peak from parent to child")
def test_a_small_child_of_a_large_parent() -> None:
    peak = inherited_peak(100_000_000)
    assert peak.parent_bytes is not None and peak.parent_bytes > 100_000_000
    assert peak.ru_maxrss_bytes > 100_000_000
    assert 1_000_000 < peak.rss_peak_bytes < 60_000_000
