"""A GitHub Actions workflow that makes a report at fixed times and keeps its measurements from run to run."""

from __future__ import annotations

import shlex
from pathlib import Path

from toolkit import __version__
from toolkit.apps.report import parameters as notebook_parameters
from toolkit.apps.schedule.lines import ReportJob
from toolkit.apps.schedule.times import parse_cron
from toolkit.core import folders
from toolkit.core.errors import InvalidValue

_WORKFLOW = """\
# Save as .github/workflows/{unit}.yml. GitHub reads the times in UTC.
name: {unit}
on:
  schedule:
    - cron: "{cron}"
  workflow_dispatch:
concurrency: {unit}
jobs:
  report:
    runs-on: ubuntu-latest
    env:
      ATELIER_HOME: ${{{{ github.workspace }}}}{home}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.11"
{setup}
      # Restore the measurements and the reports of the last run, so that histories of times continue.
      - uses: actions/cache/restore@v4
        with:
          path: |
            {folder}data/results
            {folder}reports
          key: {unit}-${{{{ github.run_id }}}}
          restore-keys: {unit}-
      - run: {command}
      - uses: actions/cache/save@v4
        if: always()
        with:
          path: |
            {folder}data/results
            {folder}reports
          key: {unit}-${{{{ github.run_id }}}}
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: {unit}
          path: {folder}reports
"""

_SETUP_CHECKOUT = "      - run: make setup"
_SETUP_WHEEL = """\
      # Atelier is on no package index: put its wheel into the folder wheels of your repository. In its checkout:
      #   python -m pip wheel --no-deps --wheel-dir wheels .
      - run: python -m pip install --find-links wheels 'atelier[report,kernels]=={version}'"""


def github_workflow(job: ReportJob, cron: str) -> str:
    """The text of a GitHub Actions workflow; its paths are relative to the repository of the current folder.

    Parameters
    ----------
    job : ReportJob
        The report that the workflow makes.
    cron : str
        Times of the report, as five cron fields or a nickname such as ``@daily``.

    Raises
    ------
    InvalidValue
        The cron expression is malformed or never fires; or a notebook or a preset lies outside the repository.
    """
    parse_cron(cron)
    root = _repository_of(job.folder)
    is_own = root == folders.checkout()
    arguments = shlex.join(_in_repository(word, root) for word in job.arguments)
    return _WORKFLOW.format(
        unit=job.unit,
        cron=" ".join(cron.split()),
        home="" if is_own else "/atelier",
        folder="" if is_own else "atelier/",
        setup=_SETUP_CHECKOUT if is_own else _SETUP_WHEEL.format(version=__version__),
        command=f"{'.venv/bin/' if is_own else ''}atelier {arguments}",
    )


def _repository_of(folder: Path) -> Path:
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)


def _in_repository(word: str, root: Path) -> str:
    """An argument that works in a fresh clone: a preset of this package by name, another file relative to the clone."""
    path = Path(word)
    if not path.is_absolute():
        return word
    preset = notebook_parameters.name_of_preset(path)
    if preset:
        return preset
    if not path.is_relative_to(root):
        raise InvalidValue(
            f"--github must have every file of the report in the repository {str(root)!r}; got {word!r}. "
            f"Copy {word!r} into the repository."
        )
    return path.relative_to(root).as_posix()
