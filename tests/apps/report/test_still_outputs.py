"""Long outputs become a page in a time that grows with their length, and not with its square."""

from __future__ import annotations

import subprocess
import sys

import nbformat
import pytest

from toolkit.apps.report.still_outputs import shown, without_fetched, without_live_parts

LENGTH = 400_000


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain", "plain"),
        ("1 %\r2 %\rdone", "done"),
        ("1 %\r2 %\r\nnext\n", "2 %\nnext\n"),
        ("windows\r\nlines\r\n", "windows\nlines\n"),
        ("", ""),
    ],
)
def test_what_was_overwritten_is_not_shown(text, seen):
    assert shown(text) == seen


def test_a_line_that_arrives_in_pieces_is_one_line():
    def stream(name, text):
        return nbformat.v4.new_output("stream", name=name, text=text)

    outputs = [
        stream("stdout", "half "),
        stream("stdout", "line\n"),
        stream("stderr", "x"),
        stream("stdout", " \n"),
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", outputs=outputs)])
    made, _ = without_live_parts(book, {})
    assert [(one.name, one.text) for one in made.cells[0].outputs] == [
        ("stdout", "half line\n"),
        ("stderr", "x"),
    ]


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<b>a</b>", "<b>a</b>"),
        ("<SCRIPT async SRC=x.js>\n</SCRIPT >b", "b"),
        ("a<link rel=stylesheet href='//example.com/a.css'>b", "ab"),
        ("<link rel=icon href='data:,'>", "<link rel=icon href='data:,'>"),
        ("<script>let src = 1</script>", "<script>let src = 1</script>"),
        ("a<script src=x>", "a"),
    ],
)
def test_what_a_browser_would_fetch_is_taken_out(html, kept):
    assert without_fetched(html) == kept


@pytest.mark.parametrize(
    "call",
    [
        "shown('y' * {n} + '\\\\r\\\\n')",
        "shown('y\\\\r' * {n} + '\\\\n')",
        "without_fetched('<script ' * ({n} // 8))",
        "without_fetched('<script src=x>' * ({n} // 14))",
        "without_fetched('<link ' * ({n} // 6))",
    ],
)
def test_a_long_line_takes_no_time(call):
    program = f"from toolkit.apps.report.still_outputs import *; {call.format(n=LENGTH)}"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
