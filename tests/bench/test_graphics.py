"""Graphics memory: what the driver's query tool says is believed, and a machine without one says nothing."""

from __future__ import annotations

import time

from toolkit.bench.graphics import GraphicsWatch

TOOL = """#!/bin/sh
n=$(cat {count} 2>/dev/null || echo 0)
echo $((n + 1)) > {count}
if [ "$n" = 0 ]; then echo "500, 3"; elif [ "$n" = 1 ]; then echo "1524, 87"; else echo "700, 40"; fi
"""


def test_the_peak_over_what_was_in_use_before(tmp_path, monkeypatch):
    tool, count = tmp_path / "nvidia-smi", tmp_path / "count"
    tool.write_text(TOOL.format(count=count))
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with GraphicsWatch() as watch:
        while not count.exists() or int(count.read_text() or 0) < 4:
            time.sleep(0.01)
    assert watch.peak_bytes == 1024 << 20 and watch.busy_percent == 87


def test_without_a_card_nothing_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with GraphicsWatch() as watch:
        pass
    assert watch.peak_bytes is None and watch.busy_percent is None
