"""Run a notebook and write its output as a report."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import nbformat

from toolkit.apps.report import artifacts, reports_folder
from toolkit.apps.report import parameters as notebook_parameters
from toolkit.apps.report.changes import changes
from toolkit.apps.report.execution import execute
from toolkit.apps.report.notifying import deserves_notice, notify
from toolkit.apps.report.page import HEADING, first_screens, render
from toolkit.apps.report.parameters import as_text
from toolkit.contracts.fingerprint import fingerprint, provenance
from toolkit.contracts.identity import machine_name
from toolkit.core import folders, units
from toolkit.core.child_process import python_path
from toolkit.core.errors import InvalidValue, TrialFailed, Unavailable
from toolkit.core.files import to_json, write_whole
from toolkit.results.history.alerts import alerts
from toolkit.results.history.judged import histories
from toolkit.results.store.runs import Run
from toolkit.results.store.store import Store
from toolkit.studies.fresh import SINCE_VARIABLE, begin_run
from toolkit.studies.run_record import RECORD_VARIABLE, read_record

TRUST = "05_trust"
"""The notebook on mistakes in benchmarks and rules against them; each report links to this notebook's newest report."""
_RECORD_FILE = "record.jsonl"


def report(
    name: str,
    *,
    parameters: Mapping[str, Any] | None = None,
    preset: Path | None = None,
    fresh: bool = False,
    quiet: bool = False,
    notify_command: str = "",
    tell: Callable[[str], None] = lambda sentence: None,
) -> Path:
    """Run a notebook with Papermill and write ``reports/<date>_<time>_<name>/``.

    The report's folder has ``index.html`` (the page in one file), ``notebook.ipynb`` (the executed notebook),
    ``figures/`` (PNG and SVG), ``tables/`` (CSV) and ``report.json`` (parameters, metrics, machine, commit). The folder
    is renamed into place when it is complete; ``reports/index.html`` lists the report, and ``reports/latest`` links to
    the folder.

    Parameters
    ----------
    name : str
        Name of a notebook, ``01_art_filters``, ``art_filters`` or ``01``, or the path of a notebook elsewhere.
    parameters : mapping, optional
        Values for the notebook's parameters cell; they override the values of the preset.
    preset : Path, optional
        A YAML file of parameter values, or the name of such a file in ``notebooks/presets``.
    fresh : bool
        Whether older measurements are ignored, so that every trial is measured anew. If a fresh report was killed or
        left incomplete in the last 12 hours, the same report continues with that report's measurements.
    quiet : bool
        Whether stderr shows no progress.
    notify_command : str
        A shell command that gets a summary as JSON on stdin if the report fails, lacks rows or raises an alert.
    tell : callable
        A function that receives a sentence if an unfinished fresh run is continued, or if `notify_command` fails.

    Returns
    -------
    Path
        Path of the HTML page.

    Raises
    ------
    UnknownName, InvalidValue
        The notebook or a parameter does not exist, a value has a wrong type, or the reports folder cannot be written.
    Unavailable
        Papermill is not installed.
    TrialFailed
        The notebook failed; a report with the output before the error exists.
    """
    for package in ("ipykernel", "nbconvert", "papermill"):
        if find_spec(package) is None:
            raise Unavailable(f"a report needs {package}; run pip install -e '.[report,widgets]'.")
    notebook = notebook_parameters.find(name)
    values = notebook_parameters.resolve(notebook, preset=preset, given=dict(parameters or {}))
    reports = folders.made_home() / "reports"
    run = begin_run(Store(), ["report", notebook, sorted(values.items())]) if fresh else None
    if run is not None and run.is_resumed:
        tell(f"{run}.")
    started, clock = datetime.now(UTC), time.monotonic()
    with reports_folder.workspace(reports) as folder:
        executed = folder / reports_folder.NOTEBOOK_FILE
        failure = execute(notebook, executed, values, _variables(folder, run), quiet=quiet)
        _hide_code(executed)
        facts = _sidecar(notebook, values, folder, name=name, preset=preset)
        facts |= {
            "status": "failed" if failure else "ok",
            "error": failure,
            "started": started.isoformat(timespec="seconds"),
            "took_s": round(time.monotonic() - clock, 1),
            **_state(folder, run, has_failed=bool(failure)),
        }
        facts |= _since_previous(facts, reports)
        facts["alerts"] = _alerts(facts)
        write_whole(folder / reports_folder.PAGE_FILE, _page(executed, facts, reports))
        for used in (artifacts.METRICS_FILE, _RECORD_FILE):
            (folder / used).unlink(missing_ok=True)
        write_whole(folder / reports_folder.SIDECAR_FILE, to_json(facts))
        stamp = f"{started.astimezone():%Y-%m-%d_%H%M%S}"
        page = reports_folder.publish(folder, reports, f"{stamp}_{notebook.stem}") / reports_folder.PAGE_FILE
    if run is not None and facts["state"] == "complete":
        Store().runs.finish(run)
    if notify_command and deserves_notice(facts):
        notify(notify_command, facts, page, tell)
    if failure:
        raise TrialFailed(f"notebook {notebook.stem} failed: {failure} The incomplete report is {page}.")
    return page


def _variables(folder: Path, run: Run | None) -> dict[str, str]:
    """Environment variables of the notebook's kernel."""
    return {
        "PYTHONPATH": python_path(),
        artifacts.FOLDER_VARIABLE: str(folder),
        RECORD_VARIABLE: str(folder / _RECORD_FILE),
        SINCE_VARIABLE: run.started if run else "",
    }


def _state(folder: Path, run: Run | None, *, has_failed: bool) -> dict[str, Any]:
    """Facts on the notebook's trials: how many were requested, how many are missing, and the measured rows."""
    record = read_record(folder / _RECORD_FILE)
    state = "complete" if record.is_complete else "partial"
    return {
        "state": "failed" if has_failed else state,
        "fresh_since": run.started if run else None,
        "n_asked": len(record.asked),
        "n_missing": record.n_missing,
        "rows": record.rows,
    }


def _since_previous(facts: Mapping[str, Any], reports: Path) -> dict[str, Any]:
    previous = reports_folder.previous_of(reports, facts)
    if previous is None:
        return {"changes": [], "changes_since": ""}
    return {"changes": changes(facts, previous), "changes_since": previous["started"]}


def _alerts(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The alerts that the runs of this report raised: changes in the level of times found since the report began."""
    try:
        raised = [alert for alert in alerts(histories(Store())) if alert.change.seen_date >= facts["started"]]
    except InvalidValue:  # an unreadable store raises no alert; the notebook has already shown the error
        return []
    return [alert.to_dict() for alert in raised]


def _hide_code(executed: Path) -> None:
    """Hide the code cells of a notebook with a first screen, so that JupyterLab opens the notebook at this summary."""
    notebook = nbformat.read(executed, as_version=4)
    if not any(map(first_screens, notebook.cells)):
        return
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.metadata.setdefault("jupyter", {})["source_hidden"] = True
    nbformat.write(notebook, executed)


def _sidecar(
    notebook: Path, values: Mapping[str, Any], folder: Path, *, name: str, preset: Path | None
) -> dict[str, Any]:
    machine, source = fingerprint(), provenance()
    declared = notebook_parameters.declared(notebook)
    given = [word for key, value in values.items() for word in ("-p", key, as_text(value))]
    return {
        "notebook": notebook.stem,
        "title": _title(notebook),
        "parameters": {key: values.get(key, parameter.default) for key, parameter in declared.items()},
        "preset": None if preset is None else str(preset),
        "command": shlex.join(["atelier", "report", name, *given]),
        "metrics": artifacts.metrics(folder),
        "machine": machine_name(machine),
        **{key: source[key] for key in ("commit", "dirty", "version")},
        "fingerprint": machine,
    }


def _page(executed: Path, facts: Mapping[str, Any], reports: Path) -> str:
    parameters = [f"{key} = {as_text(value)}" for key, value in facts["parameters"].items()]
    commit = facts["commit"][:12] or "not a git checkout"
    footer = {
        "notebook": facts["notebook"],
        "command": facts["command"],
        "parameters": "\n".join(parameters) or "none",
        "made": f"{_minute(facts['started'])}, in {units.seconds(facts['took_s'])}",
        "machine": facts["machine"],
        "system": f"{facts['fingerprint']['system']['name']}, Python {facts['fingerprint']['python']}",
        "Atelier": f"{facts['version']}, commit {commit}{', with changes' if facts['dirty'] else ''}",
        "data": f"{reports_folder.SIDECAR_FILE}, {reports_folder.NOTEBOOK_FILE}, figures/ and tables/ beside this page",
    }
    if facts["fresh_since"]:
        footer["fresh"] = f"all measurements in this report began after {_minute(facts['fresh_since'])}"
    trust = reports_folder.newest_of(reports, TRUST)
    return render(
        nbformat.read(executed, as_version=4),
        title=facts["title"],
        footer=footer,
        links=reports_folder.links(executed.parent, reports, facts["notebook"]),
        failure=facts["error"],
        partial=_partial(facts),
        changes=facts["changes"],
        changes_since=_minute(facts["changes_since"]),
        trust_page=f"../{trust}/{reports_folder.PAGE_FILE}" if trust else "",
    )


def _partial(facts: Mapping[str, Any]) -> str:
    """A sentence on the number of missing rows, and the command that continues; ``""`` for a complete report."""
    if facts["state"] != "partial":
        return ""
    n_rows = facts["n_asked"] - facts["n_missing"]
    command = f"{facts['command']}{' --fresh' if facts['fresh_since'] else ''}"
    return (
        f"{n_rows} of {facts['n_asked']} rows are measured, because the time budget ran out. "
        f"To measure the missing rows, run: {command}"
    )


def _minute(moment: str) -> str:
    """Write an ISO 8601 time in UTC without seconds."""
    return f"{moment[:16].replace('T', ' ')} UTC"


def _title(notebook: Path) -> str:
    """The first heading of a notebook, or its file name if the notebook has no heading."""
    for cell in nbformat.read(notebook, as_version=4).cells:
        heading = HEADING.search(cell.source)
        if cell.cell_type == "markdown" and heading:
            return heading[1].strip()
    return notebook.stem
