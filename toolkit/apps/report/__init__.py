"""Notebooks run by Papermill and written as pages; `keep` hands a notebook's figures and tables to its report."""

from toolkit.apps.report.artifacts import keep

__all__ = ["keep"]
