"""The page of all results: every report, newest first, with search and filters, and each trial's times over all runs.

The page opens from a folder, without a server or a network. The data of the page are in two script files, because a
browser does not let a page in a folder fetch JSON. The list of reports is in the page itself, so that the list is
readable without scripts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.apps.report.artifacts import THUMBNAIL_FILE
from toolkit.core import units
from toolkit.core.errors import InvalidValue
from toolkit.core.files import to_json, write_whole
from toolkit.results.history.alerts import Alert
from toolkit.results.history.judged import History, histories
from toolkit.results.history.runs import Runs, runs_of
from toolkit.results.store.store import Store
from toolkit.results.store.store_file import StoreFile

if TYPE_CHECKING:
    from jinja2 import Template

INDEX_FILE, SERIES_FILE, RUNS_FILE = "index.html", "index_series.js", "index_runs.js"
_TRIAL = re.compile(r"^([^@:]+)@([^:]+)")

Reports = Sequence[tuple[str, Mapping[str, Any]]]


def write_index(reports_folder: Path, reports: Reports, *, page_file: str) -> None:
    """Write the page of all results, and the two scripts with the data of the page.

    Parameters
    ----------
    reports_folder : Path
        Folder of the reports, into which the page is written.
    reports : sequence of (folder name, content of ``report.json``)
        All reports, the newest first.
    page_file : str
        File name of the page of a report, in the folder of the report.
    """
    series, runs = _series_and_runs()
    write_whole(reports_folder / RUNS_FILE, f"window.atelierRuns = {to_json(runs, indent=None)};\n")
    write_whole(reports_folder / SERIES_FILE, f"window.atelierSeries = {to_json(series, indent=None)};\n")
    listed = [_entry(reports_folder, folder, facts, page_file=page_file) for folder, facts in reports]
    write_whole(reports_folder / INDEX_FILE, _page(listed))


def state_of(facts: Mapping[str, Any]) -> str:
    """State of a report; ``report.json`` from before 28 November 2026 has no state, but a status."""
    state = facts.get("state", facts.get("status", ""))
    if state != "partial":
        return str(state)
    return f"partial: {facts['n_asked'] - facts['n_missing']} of {facts['n_asked']} rows"


def _entry(reports: Path, folder: str, facts: Mapping[str, Any], *, page_file: str) -> dict[str, Any]:
    """The data that the page shows of one report, and the words by which a search finds the report."""
    shown = facts["metrics"].get("answer")
    shown = shown if isinstance(shown, Mapping) else {}
    said = shown.get("state", ())
    state = state_of(facts)
    # The first screen of a report may have a text with the state and the number of measured rows.
    state = next((text for text in said if text.startswith(f"{state}:")), state)
    places = sorted({match.groups() for trial in facts.get("rows") or {} if (match := _TRIAL.match(trial))})
    answer = f"failed: {facts['error']}" if facts.get("error") else str(shown.get("answer") or "")
    started = f"{facts['started'][:16].replace('T', ' ')} UTC"
    others = [text for text in said if text != state]
    words = [
        facts["title"],
        facts["notebook"],
        answer,
        state,
        *others,
        facts["machine"],
        facts["command"],
        started,
    ]
    return {
        "page": f"{folder}/{page_file}",
        "title": facts["title"],
        "thumbnail": f"{folder}/{THUMBNAIL_FILE}" if shown.get("has_picture") else "",
        "is_failed": bool(facts.get("error")),
        "answer": answer,
        "facts": f"{started}, in {units.seconds(facts['took_s'])}",
        "kind": facts.get("state", facts.get("status", "")),
        "state": state,
        "others": others,
        "machine": facts["machine"],
        "command": facts["command"],
        "pictures": [f"{folder}/figures/{name}" for name in _figures(reports / folder)],
        "operations": " ".join(sorted({operation for operation, _ in places})),
        "backends": " ".join(sorted({backend for _, backend in places})),
        "words": " ".join([*words, *(f"{operation}@{backend}" for operation, backend in places)]).lower(),
    }


def _figures(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.glob("figures/*.png"))


def _page(reports: Sequence[Mapping[str, Any]]) -> str:
    return _template().render(
        reports=reports,
        operations=_every(reports, "operations"),
        backends=_every(reports, "backends"),
        machines=sorted({str(report["machine"]) for report in reports}),
        series_file=SERIES_FILE,
        runs_file=RUNS_FILE,
        style=_beside("page.css") + _beside("index.css"),
        script=_beside("index.js"),
    )


@cache
def _template() -> Template:
    from jinja2 import Environment
    from markupsafe import Markup

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["raw"] = Markup
    return environment.from_string(_beside("index.html.j2"))


@cache
def _beside(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _every(reports: Sequence[Mapping[str, Any]], name: str) -> list[str]:
    return sorted({word for report in reports for word in str(report[name]).split()})


def _series_and_runs() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The list of series (a trial on a machine each), and the runs that the page draws when a user opens a series."""
    try:
        store = Store()
        found = histories(store)
    except InvalidValue:  # an unreadable store must not hide the reports
        return [], {}
    file = StoreFile(store.path)
    runs = {str(h.series.id): _drawn(runs_of(file, h.series.id), h) for h in found}
    return [_listed(history) for history in found], runs


def _listed(history: History) -> dict[str, Any]:
    series = history.series
    return {
        "id": series.id,
        "trial": series.trial,
        "operation": series.operation,
        "backend": series.backend,
        "machine": series.machine_name,
        "runs": series.n_runs,
        "newest": history.last_date[:10],
        "level": units.seconds(history.level_s),
        "shown": history.shown_s,
        "changes": [f"{100 * (c.point.ratio - 1):+.0f} % on {c.date[:10]}" for c in history.changes],
    }


def _drawn(runs: Runs, history: History) -> dict[str, Any]:
    """The start (minutes since 1970) and the measured time of each run of one series, for the chart on the page."""
    return {
        "minutes": [int(began // 60) for began in runs.began_s],
        "times_s": [float(f"{s:.5g}") for s in runs.latency_s],
        "busy": [int(i) for i in runs.is_suspect.nonzero()[0]],
        "changes": [
            {
                "at": change.point.at,
                "earliest": change.point.earliest,
                "latest": change.point.latest,
                "sentence": str(Alert(history=history, change=change)),
            }
            for change in history.changes
        ],
    }
