"""A notebook small enough to run in a second, and the reports that a checkout has."""

from __future__ import annotations

import nbformat

PARAMETERS = "words: list[str] = ['a=b', 'c']  # any\ncount: int = 1  # any"


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
