"""Run notebooks with Papermill and write reports; `keep` adds a notebook's figures and tables to its report."""

from toolkit.apps.report.artifacts import keep

__all__ = ["keep"]
