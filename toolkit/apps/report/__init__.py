"""Run notebooks with Papermill and write reports; `keep` adds a notebook's figures and tables to its report."""

from toolkit.apps.report.artifacts import keep
from toolkit.apps.report.cell_check import check_parameters

__all__ = ["check_parameters", "keep"]
