"""A report that failed or has an alert is told to a command, which gets its summary as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toolkit.apps.report.notifying import deserves_notice, notify

FAILED = {
    "notebook": "10_resolution",
    "status": "failed",
    "error": "no memory",
    "state": "failed",
    "rows": {},
}


def test_the_command_gets_the_summary(tmp_path: Path) -> None:
    told: list[str] = []
    notify(f"cat > '{tmp_path / 'mail'}'", FAILED, tmp_path / "index.html", told.append)
    summary = json.loads((tmp_path / "mail").read_text())
    assert summary["notebook"] == "10_resolution" and summary["error"] == "no memory"
    assert summary["page"].endswith("index.html") and "rows" not in summary
    assert told == []


def test_a_command_that_fails_is_a_sentence(tmp_path: Path) -> None:
    told: list[str] = []
    notify("echo no such mailbox >&2; exit 3", FAILED, tmp_path / "index.html", told.append)
    assert "exit code 3" in told[0] and "no such mailbox" in told[0]


@pytest.mark.parametrize(
    ("facts", "is_told"),
    [
        (FAILED, True),
        ({"status": "ok", "state": "complete"}, False),
        ({"status": "ok", "state": "partial"}, True),
        ({"status": "ok", "state": "complete", "alerts": ["oil_painting is slower"]}, True),
    ],
)
def test_only_what_needs_attention_is_told(facts: dict[str, object], is_told: bool) -> None:
    assert deserves_notice(facts) is is_told
