"""Partial reports say so, and fresh reports measure again."""

from __future__ import annotations

from pathlib import Path

from tests.apps.report.small_notebook import write
from toolkit.apps.cli.main import run
from toolkit.apps.report.reports_folder import facts_of

SWEEP = """
from pathlib import Path
from toolkit.studies import collect
asked = [f"pencil_sketch@opencv:images=chelsea,megapixels={size}" for size in (0.005, 0.006)]
collect(asked, budget_s=0.0 if Path("hurry").exists() else None)
"""


def test_a_partial_report_says_so_everywhere_and_what_changed_since_then(home, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    write(home, "05_small", SWEEP)
    (home / "hurry").touch()
    assert run(["report", "small"]) == 5
    page, said = capsys.readouterr()
    assert "partial: 1 of 2 rows are measured; continue with: atelier report small" in said
    assert "<strong>Partial:</strong> 1 of 2 rows" in Path(page.strip()).read_text()
    assert "partial: 1 of 2 rows" in (home / "reports" / "index.html").read_text()
    assert facts_of(Path(page.strip()))["state"] == "partial"
    assert run(["report", "small", "--partial-ok"]) == 0
    (home / "hurry").unlink()
    capsys.readouterr()
    assert run(["report", "small"]) == 0
    facts = facts_of(Path(capsys.readouterr().out.strip()))
    assert (facts["state"], facts["n_asked"], facts["n_missing"]) == ("complete", 2, 0)
    assert any("Only this report has 1 row" in sentence for sentence in facts["changes"])
    assert any("nothing was measured again" in sentence for sentence in facts["changes"])


def test_a_fresh_report_measures_again_and_goes_on_after_it_was_stopped(home, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    write(home, "05_small", SWEEP)

    def rows_of(*given):
        code = run(["report", "small", *given])
        page, said = capsys.readouterr()
        facts = facts_of(Path(page.strip()))
        return code, said, facts, {trial: row["began"] for trial, row in facts["rows"].items()}

    _, _, _, first = rows_of()
    (home / "hurry").touch()
    code, said, facts, started = rows_of("--fresh")
    assert code == 5 and facts["fresh_since"] and "--fresh" in said and "Going on" not in said
    assert len(started) == 1 and min(started.values()) > max(first.values())
    assert any("cannot be compared" in sentence for sentence in facts["changes"])
    (home / "hurry").unlink()
    code, said, facts, rest = rows_of("--fresh")
    assert code == 0 and "Continuing the fresh run" in said
    assert len(rest) == 2 and started.items() < rest.items()
