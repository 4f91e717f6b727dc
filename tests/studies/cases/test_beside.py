"""A run of another machine is shown beside this one's, with its fingerprint and without a verdict."""

from __future__ import annotations

import json
from dataclasses import replace
from html import unescape

import pytest

from tests.studies.cases.stored_runs import row_of, run_of
from toolkit.core.errors import InvalidValue
from toolkit.studies import cases
from toolkit.studies.cases.case_run import save_run

GPU = "3_super_resolution_gpu"


def run_of_cpu():
    return run_of(GPU, [row_of(GPU, "cpu", 1.6), row_of(GPU, "cuda", None)])


@pytest.fixture(params=["run", "report"])
def elsewhere(request, tmp_path):
    """The run of a machine with a card, as its store keeps it, or as its page does."""
    here = run_of_cpu()
    machine = {**here.machine, "gpu": [{"name": "Card X", "driver": "555.1"}]}
    rows = [
        row_of(GPU, "cpu", 0.7),
        row_of(GPU, "cuda", 0.02, card_bytes=1_300_000_000, card_busy_percent=88),
    ]
    there = replace(here, machine=machine, rows=rows)
    if request.param == "run":
        return save_run(there, tmp_path)
    file = tmp_path / "report.json"
    file.write_text(json.dumps({"notebook": GPU, "metrics": {"run": there.to_dict()}}))
    return file


def test_its_rows_stand_beside_with_its_card_and_its_fingerprint(elsewhere):
    table = cases.beside_table(run_of_cpu(), str(elsewhere))
    text = unescape(table.html())
    assert "20.0 ms" in text and "skipped" in text
    assert "1.3 GB" in text and "88 % busy" in text
    assert "Card X" in text and "555.1" in text and "no graphics card" in text
    assert "no verdict is given" in text and "faster" not in text


def test_without_one_the_table_says_how_to_get_it():
    text = str(cases.beside_table(run_of_cpu(), ""))
    assert "-p beside FILE" in text and "report.json" in text


def test_a_run_of_another_case_is_refused(tmp_path):
    other = save_run(run_of("4_matting_batch", []), tmp_path)
    with pytest.raises(InvalidValue, match="4_matting_batch"):
        cases.beside_table(run_of_cpu(), str(other))
