"""Reports made from notebooks small enough to run in a second."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import nbformat
import pytest

from toolkit.apps.cli.main import run
from toolkit.apps.report.reports_folder import facts_of, workspace
from toolkit.apps.report.run import report
from toolkit.core.errors import InvalidValue, TrialFailed, UnknownName

PARAMETERS = "words: list[str] = ['a=b', 'c']  # any\ncount: int = 1  # any"
KEEPING = """
import sys
import pandas as pd
from toolkit.apps.report.artifacts import keep
from toolkit.results.plots.charts import look, new_chart
with look():
    chart = new_chart(2.0)
    chart.subplots().plot([1, 2], [3, 4])
chart.alt = "a rising line"
keep("python", sys.executable)
keep("count", count)
keep("rows", pd.DataFrame({"latency_s": [0.5]}))
keep("line", chart)
"""
ANSWERING = """
import numpy as np
from toolkit.apps.report import keep
from toolkit.results.first_screen import Card, FirstScreen, Pair, Tag
grey = np.zeros((6, 8, 3), np.uint8)
card = Card(title="Oil", pair=Pair(before=grey, after=grey, left="photo", right="oil"))
tags = [Tag("partial: 1 of 2 rows", is_warning=True)]
keep("answer", FirstScreen(lead="Take **numba**.", machine="A CPU", tags=tags, cards=[card]))
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A checkout of its own, with braces in its path."""
    root = tmp_path / "a {checkout}"
    (root / "notebooks").mkdir(parents=True)
    monkeypatch.setenv("ATELIER_HOME", str(root))
    return root


def write(home, name, *sources):
    book = nbformat.v4.new_notebook()
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book.cells = [nbformat.v4.new_markdown_cell("# A small report"), nbformat.v4.new_code_cell(PARAMETERS)]
    book.cells[1].metadata["tags"] = ["parameters"]
    book.cells += [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(book, home / "notebooks" / f"{name}.ipynb")


def in_reports(home):
    """Names in the reports folder, hidden ones too."""
    return sorted(entry.name for entry in (home / "reports").iterdir()) if (home / "reports").exists() else []


def test_a_report_holds_page_notebook_figures_tables_and_sidecar(home, monkeypatch):
    write(home, "05_small", KEEPING)
    monkeypatch.setenv("JUPYTER_PATH", str(bogus_kernel(home)))
    page = report("small", parameters={"count": "3"})
    folder = page.parent
    assert re.fullmatch(r"\d{4}-\d\d-\d\d_\d{6}_05_small", folder.name)
    names = {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()}
    assert names == {
        *("index.html", "notebook.ipynb", "report.json", "tables/rows.csv"),
        *("figures/line.png", "figures/line.svg"),
    }
    facts = json.loads((folder / "report.json").read_text())
    assert facts["parameters"] == {"words": ["a=b", "c"], "count": 3}
    # The user's own kernel named python3 is another environment: the report runs in this one.
    assert facts["metrics"] == {"python": sys.executable, "count": 3}
    assert (facts["status"], facts["title"]) == ("ok", "A small report")
    assert facts["fingerprint"]["cpu"]["allowed"] >= 1
    assert facts["command"] == "atelier report small -p count 3"
    assert (folder / "tables" / "rows.csv").read_text() == "latency_s\n0.5\n"
    assert not any(hidden_code(folder))
    html = page.read_text()
    assert 'alt="a rising line"' in html
    assert "count = 3" in html
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", html)


def hidden_code(folder):
    """Of each code cell of a report's notebook, whether JupyterLab folds its code away."""
    book = nbformat.read(folder / "notebook.ipynb", as_version=4)
    codes = [cell for cell in book.cells if cell.cell_type == "code"]
    return [cell.metadata.get("jupyter", {}).get("source_hidden", False) for cell in codes]


def bogus_kernel(home):
    spec = home / "jupyter" / "kernels" / "python3"
    spec.mkdir(parents=True)
    content = {"argv": ["/bin/false", "{connection_file}"], "display_name": "x", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(content))
    return spec.parents[1]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("print('so far')\n1 / 0", "ZeroDivisionError: division by zero"),
        ("print('so far', flush=True)\nimport os, time\ntime.sleep(0.3)\nos._exit(3)", "DeadKernelError"),
    ],
)
def test_a_failing_notebook_is_rendered_linked_and_an_error(home, source, words):
    write(home, "05_small", source, "print('never')")
    with pytest.raises(TrialFailed, match=words) as caught:
        report("05_small")
    (made,) = (name for name in in_reports(home) if name.endswith("05_small"))
    page = home / "reports" / made / "index.html"
    assert str(page) in str(caught.value)
    html = page.read_text()
    assert "so far" in html
    assert words.partition(":")[0] in html
    assert json.loads((page.parent / "report.json").read_text())["status"] == "failed"
    assert (home / "reports" / "latest").resolve() == page.parent
    assert f'href="{made}/index.html"' in (home / "reports" / "index.html").read_text()


@pytest.mark.parametrize(
    ("name", "given", "error", "words"),
    [
        ("smal", {}, UnknownName, "Did you mean '05_small'"),
        ("small", {"counts": 1}, UnknownName, "Did you mean 'count'"),
        ("small", {"count": "many"}, InvalidValue, "of type int"),
    ],
)
def test_a_wrong_name_or_value_writes_nothing(home, name, given, error, words):
    write(home, "05_small", "1")
    with pytest.raises(error, match=words):
        report(name, parameters=given)
    assert in_reports(home) == []


def test_runs_of_one_notebook_are_linked_in_order_and_the_index_shows_the_answer(home):
    write(home, "05_small", ANSWERING)
    write(home, "06_other", "1")
    first, _, second = report("small"), report("other"), report("small")
    assert f'href="../{second.parent.name}/index.html">next run' in first.read_text()
    assert f'href="../{first.parent.name}/index.html">← previous run' in second.read_text()
    assert "next run →" not in second.read_text() and 'href="report.json">JSON' in second.read_text()
    index = (home / "reports" / "index.html").read_text()
    assert "Take numba." in index and "partial: 1 of 2 rows" in index
    assert f'src="{second.parent.name}/thumbnail.jpg"' in index
    assert all(hidden_code(second.parent))
    assert (second.parent / "thumbnail.jpg").read_bytes().startswith(b"\xff\xd8")


def test_the_index_lists_newest_first_and_latest_points_at_it(home):
    write(home, "05_small", "1")
    pages = [report("small"), report("small")]
    assert pages[0].parent != pages[1].parent
    index = (home / "reports" / "index.html").read_text()
    assert index.index(pages[1].parent.name) < index.index(f'"{pages[0].parent.name}/')
    assert (home / "reports" / "latest").resolve() == pages[1].parent
    assert [name for name in in_reports(home) if name.startswith(".")] == []


def test_a_user_s_error_in_a_notebook_is_one_sentence(home):
    write(
        home,
        "05_small",
        "from toolkit.core.errors import InvalidValue\nraise InvalidValue('size must be 1.')",
    )
    with pytest.raises(TrialFailed, match=r"InvalidValue: size must be 1\."):
        report("small")
    (made,) = (name for name in in_reports(home) if name.endswith("05_small"))
    book = nbformat.read(home / "reports" / made / "notebook.ipynb", as_version=4)
    (error,) = (out for cell in book.cells for out in cell.get("outputs", ()) if out.output_type == "error")
    assert error.traceback == ["InvalidValue: size must be 1."]


def test_a_damaged_report_is_not_listed_and_stops_no_other(home):
    write(home, "05_small", "1")
    for name, text in (("a_list", "[]"), ("an_empty_one", "{}"), ("a_torn_one", '{"title": "x"')):
        (home / "reports" / name).mkdir(parents=True)
        (home / "reports" / name / "report.json").write_text(text)
    page = report("small")
    index = (home / "reports" / "index.html").read_text()
    assert page.parent.name in index and "a_list" not in index and "an_empty_one" not in index


def test_a_notebook_may_be_anywhere(home, tmp_path):
    write(home, "05_small", "1")
    elsewhere = tmp_path / "mine.ipynb"
    (home / "notebooks" / "05_small.ipynb").rename(elsewhere)
    assert report(str(elsewhere)).parent.name.endswith("_mine")


def test_a_reports_folder_that_cannot_be_written_is_a_sentence(home):
    write(home, "05_small", "1")
    (home / "reports").symlink_to("/proc")  # nobody can make a folder there, not even root
    with pytest.raises(InvalidValue, match="reports folder .* cannot be written"):
        report("small")


def test_a_full_disk_is_a_sentence_and_leaves_nothing_behind(home):
    """A limit on the size of files stands in for the end of the disk."""
    write(home, "05_small", "print('x' * 200_000)")
    script = """
        import resource, signal
        from toolkit.apps.report.run import report
        from toolkit.core.errors import InvalidValue
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            report("small")
        except InvalidValue as error:
            print("sentence:", error)
    """
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
    )
    assert "sentence: reports folder" in done.stdout, done.stderr
    assert "free some space" in done.stdout
    assert in_reports(home) == []


def test_progress_shows_in_the_terminal_that_waits(home):
    write(home, "05_small", "print('row 1 of 2', end='\\r', flush=True)")
    ours, its = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    command = [sys.executable, "-m", "toolkit", "report", "small"]
    done = subprocess.run(
        command, env=environment, stderr=its, stdout=subprocess.PIPE, text=True, timeout=120
    )
    os.close(its)
    said = os.read(ours, 100_000).decode()
    os.close(ours)
    assert done.returncode == 0 and "row 1 of 2" in said
    assert "row 1 of 2" not in done.stdout


def started_report(home):
    """A report in a process of its own, whose notebook runs."""
    write(home, "05_small", "open('started', 'w').close()\nimport time\ntime.sleep(60)")
    command = [sys.executable, "-m", "toolkit", "report", "small"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    running = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    while not (home / "started").exists():
        assert running.poll() is None, running.stderr.read()
        time.sleep(0.02)
    return running


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_report_leaves_nothing_half_made(home, number, code):
    running = started_report(home)
    try:
        running.send_signal(number)
        said = running.communicate(timeout=60)[1]
    finally:
        running.kill()
        running.wait()
    assert running.returncode == code
    assert "Traceback" not in said
    assert in_reports(home) == []


def test_what_a_killed_report_leaves_is_deleted_by_the_next_and_what_is_in_use_is_not(home):
    running = started_report(home)
    reports = home / "reports"
    try:
        (unfinished,) = in_reports(home)
        with workspace(reports):
            assert unfinished in in_reports(home)
    finally:
        running.kill()
        running.communicate()
    assert in_reports(home) == [unfinished]
    with workspace(reports) as new:
        assert in_reports(home) == [new.name]


def test_a_notebook_of_the_user_runs_in_the_current_folder_and_a_named_one_in_that_of_the_data(
    home, tmp_path, monkeypatch
):
    write(
        home,
        "05_small",
        "import os\nfrom toolkit.apps.report.artifacts import keep\nkeep('folder', os.getcwd())",
    )
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.ipynb").write_bytes((home / "notebooks" / "05_small.ipynb").read_bytes())
    pages = [report("small"), report("mine.ipynb")]
    kept = [json.loads((page.parent / "report.json").read_text())["metrics"]["folder"] for page in pages]
    assert kept == [str(home), str(tmp_path)]


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
    assert "partial: 1 of 2 rows, go on with: atelier report small" in said
    assert "<strong>Partial:</strong> 1 of 2 rows" in Path(page.strip()).read_text()
    assert "partial: 1 of 2 rows" in (home / "reports" / "index.html").read_text()
    assert facts_of(Path(page.strip()))["state"] == "partial"
    assert run(["report", "small", "--partial-ok"]) == 0
    (home / "hurry").unlink()
    capsys.readouterr()
    assert run(["report", "small"]) == 0
    facts = facts_of(Path(capsys.readouterr().out.strip()))
    assert (facts["state"], facts["n_asked"], facts["n_missing"]) == ("complete", 2, 0)
    assert any("New: 1 row" in sentence for sentence in facts["changes"])
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
    assert any("no difference is claimed" in sentence for sentence in facts["changes"])
    (home / "hurry").unlink()
    code, said, facts, rest = rows_of("--fresh")
    assert code == 0 and "Going on with the fresh run" in said
    assert len(rest) == 2 and started.items() < rest.items()
