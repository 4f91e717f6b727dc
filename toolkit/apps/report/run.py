"""Run a notebook and put what it shows on the shelf as a report."""

from __future__ import annotations

import contextlib
import json
import logging
import shlex
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from toolkit.apps.report import artifacts, reports_folder
from toolkit.apps.report import parameters as notebook_parameters
from toolkit.contracts.fingerprint import fingerprint, provenance
from toolkit.core import folders, units
from toolkit.core.child_process import python_path
from toolkit.core.errors import TrialFailed, Unavailable
from toolkit.core.files import to_json, write_whole

TRUST = "05_trust"
"""The notebook that shows what each rule of measuring prevents; every report's footer points at its own report."""


def report(
    name: str,
    *,
    parameters: Mapping[str, Any] | None = None,
    preset: Path | None = None,
    quiet: bool = False,
) -> Path:
    """Run a notebook with Papermill and write ``reports/<date>_<time>_<name>/``.

    The folder holds ``index.html`` (the page, complete in one file), ``notebook.ipynb`` (as it was executed),
    ``figures/`` (PNG and SVG), ``tables/`` (CSV) and ``report.json`` (parameters, metrics, machine, commit). It
    appears complete or not at all; ``reports/index.html`` lists it and ``reports/latest`` points at it.

    Parameters
    ----------
    name : str
        ``01_art_filters``, the same without its number, or the path of a notebook of one's own.
    parameters : mapping, optional
        Values for the notebook's parameters cell; they win over the preset's.
    preset : Path, optional
        A YAML file of values, or the bare name of one in ``notebooks/presets``.
    quiet : bool
        No progress on stderr.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    UnknownName, InvalidValue
        No such notebook or parameter, a value of another type, a reports folder that cannot be written.
    Unavailable
        Papermill is not installed.
    TrialFailed
        The notebook failed; the report of what it showed until then is on the shelf all the same.
    """
    _require_papermill()
    notebook = notebook_parameters.find(name)
    values = notebook_parameters.resolve(notebook, preset=preset, given=dict(parameters or {}))
    reports = folders.home() / "reports"
    started, clock = datetime.now(UTC), time.monotonic()
    with reports_folder.workspace(reports) as folder:
        executed = folder / reports_folder.NOTEBOOK_FILE
        failure = _execute(notebook, executed, values, folder, quiet=quiet)
        facts = _sidecar(notebook, values, folder, name=name, preset=preset)
        facts |= {
            "status": "failed" if failure else "ok",
            "error": failure,
            "started": started.isoformat(timespec="seconds"),
            "took_s": round(time.monotonic() - clock, 1),
        }
        write_whole(folder / reports_folder.PAGE_FILE, _page(executed, facts, reports))
        (folder / artifacts.METRICS_FILE).unlink(missing_ok=True)
        write_whole(folder / reports_folder.SIDECAR_FILE, to_json(facts))
        stamp = f"{started.astimezone():%Y-%m-%d_%H%M%S}"
        page = reports_folder.publish(folder, reports, f"{stamp}_{notebook.stem}") / reports_folder.PAGE_FILE
    if failure:
        raise TrialFailed(
            f"notebook {notebook.stem} failed: {failure} What it showed until then is in {page}."
        )
    return page


def _require_papermill() -> None:
    try:
        import ipykernel  # noqa: F401
        import nbconvert  # noqa: F401
        import papermill  # noqa: F401
    except ImportError as error:
        raise Unavailable(
            f"a report needs {error.name}, which is not installed; pip install -e '.[report,widgets]'"
        ) from None


def _execute(notebook: Path, executed: Path, values: Mapping[str, Any], folder: Path, *, quiet: bool) -> str:
    """Run the notebook; the sentence that says why it failed, ``""`` when it did not."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    failure = ""
    # It reads the parameters cell with expressions of its own and warns of lines that are beyond them.
    logging.getLogger("papermill").setLevel(logging.ERROR)
    try:
        papermill.execute_notebook(
            _literal(notebook),
            _literal(executed),
            parameters=dict(values),
            kernel_name="python3",
            language="python",  # a notebook without metadata does not say
            kernel_manager_class=_this_python({artifacts.FOLDER_VARIABLE: str(folder)}),
            cwd=str(folders.home()),
            progress_bar=False,
            stderr_file=None if quiet or not sys.stderr.isatty() else sys.stderr,
        )
    except PapermillExecutionError as error:
        failure = f"{error.ename}: {error.evalue} (in cell {error.cell_index})."
    except OSError:
        raise
    except Exception as error:  # whatever a foreign notebook brings the engine to, its report is still made
        failure = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}."
    document = json.loads(executed.read_text(encoding="utf-8"))
    # Some failures end without an error from Papermill; its mark in the notebook does not lie.
    if not failure and document["metadata"].get("papermill", {}).get("exception"):
        failure = "one of its cells raised an error."
    return failure


def _this_python(environment: Mapping[str, str]) -> type:
    """A kernel manager whose kernel is this very interpreter with this very toolkit.

    A kernel spec of the name ``python3`` in the user's folders may belong to any other environment.
    """
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    class ThisPython(AsyncKernelManager):
        @property
        def kernel_spec(self) -> KernelSpec:
            return KernelSpec(
                argv=[
                    *(sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"),
                    "--IPKernelApp.log_level=CRITICAL",  # what it logs is not for whoever waits for a report
                ],
                display_name="Python 3",
                language="python",
                env={"PYTHONPATH": python_path(), **environment},
            )

    return ThisPython


def _literal(path: Path) -> str:
    """Papermill takes braces in a path for a parameter's place."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _sidecar(
    notebook: Path, values: Mapping[str, Any], folder: Path, *, name: str, preset: Path | None
) -> dict[str, Any]:
    machine, source = fingerprint(), provenance()
    declared = notebook_parameters.declared(notebook)
    given = [word for key, value in values.items() for word in ("-p", key, _as_text(value))]
    return {
        "notebook": notebook.stem,
        "title": _title(notebook),
        "parameters": {key: values.get(key, parameter.default) for key, parameter in declared.items()},
        "preset": None if preset is None else str(preset),
        "command": shlex.join(["atelier", "report", name, *given]),
        "metrics": artifacts.metrics(folder),
        "machine": f"{machine['cpu']['model']}, {machine['cpu']['allowed']} cores",
        "commit": source["commit"],
        "dirty": source["dirty"],
        "version": source["version"],
        "fingerprint": machine,
    }


def _page(executed: Path, facts: Mapping[str, Any], reports: Path) -> str:
    import nbformat

    from toolkit.apps.report.page import render

    commit = facts["commit"][:12] or "not a git checkout"
    footer = {
        "notebook": facts["notebook"],
        "command": facts["command"],
        "parameters": "\n".join(f"{key} = {_as_text(value)}" for key, value in facts["parameters"].items())
        or "none",
        "made": f"{facts['started'].replace('T', ' ')[:16]} UTC, in {units.seconds(facts['took_s'])}",
        "machine": facts["machine"],
        "system": f"{facts['fingerprint']['system']['name']}, Python {facts['fingerprint']['python']}",
        "Atelier": f"{facts['version']}, commit {commit}{', with changes' if facts['dirty'] else ''}",
        "data": f"{reports_folder.SIDECAR_FILE}, {reports_folder.NOTEBOOK_FILE}, figures/ and tables/ beside this page",
    }
    notebook = nbformat.read(executed, as_version=4)
    trust = reports_folder.newest_of(reports, TRUST)
    return render(
        notebook,
        title=facts["title"],
        footer=footer,
        failure=facts["error"],
        trust_page=f"../{trust}/{reports_folder.PAGE_FILE}" if trust else "",
    )


def _title(notebook: Path) -> str:
    """The notebook's first heading."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
            for line in "".join(cell["source"]).splitlines():
                if cell["cell_type"] == "markdown" and line.startswith("# "):
                    return line.removeprefix("# ").strip()
    return notebook.stem


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
