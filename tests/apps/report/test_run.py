"""Reports made from notebooks small enough to run in a second."""

from __future__ import annotations

import json
import re
import sys

import nbformat
import pytest

from tests.apps.report.small_notebook import in_reports, write
from toolkit.apps.report.run import report
from toolkit.core.errors import InvalidValue, TrialFailed, UnknownName

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
