"""``atelier work`` needs a broker; what it runs is tested with the executor celery."""

from __future__ import annotations

import pytest

from toolkit.apps.cli.main import run


def test_a_worker_without_a_broker_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ATELIER_BROKER", raising=False)
    assert run(["work", "--executor", "celery"]) == 2
    assert run(["work", "--executor", "celery", "--broker", "redis://127.0.0.1:9/0"]) == 3
    assert run(["work", "--executor", "celery", "--broker", "redis://127.0.0.1:9/0", "--threads", "0"]) == 2
    assert run(["work", "--executor", "threads", "--broker", "redis://127.0.0.1:9/0"]) == 2
    assert "Redis" in capsys.readouterr().err
