"""Every text of a case's page comes from the stored run: another number in the store gives another sentence."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from toolkit.contracts.fingerprint import fingerprint
from toolkit.core.errors import InvalidValue, UnknownName
from toolkit.studies import cases
from toolkit.studies.cases.case_run import CaseRun, ProcedureBlock, ProcedureRow, save_run
from toolkit.studies.cases.page_parts import picture_sheet
from toolkit.studies.cases.published_figures import published
from toolkit.studies.cases.register import CASES, case_of

SETTINGS = {"width": 4032, "height": 3024, "shrink_px": 2_000_000, "patience_s": 10.0, "concurrent": [1, 2]}


def row(name: str, seconds: float, *, suspect: str = "", **given) -> ProcedureRow:
    """Three blocks whose times differ by a few per cent."""
    procedure = case_of("1_art_workshop").procedure(name)
    blocks = [
        ProcedureBlock(
            round=number,
            spawn_s=0.3,
            open_s=0.2,
            first_s=seconds,
            samples_s=[seconds + 0.01 * number, seconds + 0.012 * number],
            busy_cpus=1.5,
            suspect=[suspect] if suspect else [],
        )
        for number in (1, 0, 2)
    ]
    usual = {
        "origin": procedure.origin,
        "against": procedure.against,
        "size": "4032 x 3024 px",
        "blocks": blocks,
    }
    return ProcedureRow(name=name, words=procedure.words, **{**usual, **given})


def run_of(*rows: ProcedureRow, rounds: int = 3) -> CaseRun:
    facts = {"concurrency": {"one_by_one": 1, "one_by_one_slowest_s": {"1": 5.8, "2": 11.0}}}
    return CaseRun(
        case="1_art_workshop",
        settings=SETTINGS,
        rounds=rounds,
        rows=list(rows),
        facts=facts,
        errors={"cache": "no room"},
        machine=fingerprint(),
        time="2026-11-29T04:00:00+00:00",
    )


@pytest.fixture
def stored(tmp_path):
    rows = [
        row("one_by_one", 6.0, is_wrong=True, quality="cv2.stylization is wrong."),
        row("shrunk_per_request", 2.0, psnr_db={"oil_painting": 24.0}),
        row("ours", 1.5, stages_s={"styles": 1.4}),
        row("cached", 1.0, blocks=[], status="skipped", note="no memory; take a larger machine."),
    ]
    return save_run(run_of(*rows), tmp_path)


def changed(stored, change) -> CaseRun:
    plain = json.loads(stored.read_text())
    change(plain)
    stored.write_text(json.dumps(plain))
    return cases.load_run(stored)


def test_a_changed_number_in_the_store_changes_the_sentence(stored):
    before = cases.load_run(stored)
    assert "2.99 x faster" in str(cases.verdict_sentences(before))
    assert "a speed-up of x 2.8" in str(cases.verdict_sentences(before))

    def slower(plain):
        for block in plain["rows"][1]["blocks"]:
            block["samples_s"] = [12 * (1 + 0.01 * block["round"])]

    after = changed(stored, slower)
    assert "2.02 x slower" in str(cases.verdict_sentences(after))
    assert "SLOWER" in str(cases.verdicts_table(after))
    assert "12.1 s" in str(cases.published_table(after))
    assert "2.02 x slower" in cases.case_screen(after).lead


def test_findings_are_facts_of_the_run(stored):
    before = str(cases.findings(cases.load_run(stored)))
    assert "one after the other 1 (slowest" in before and "1: 5.80 s, 2: 11.0 s)" in before
    after = changed(stored, lambda plain: plain["facts"]["concurrency"].update(one_by_one=2))
    assert "one after the other 2" in str(cases.findings(after))
    assert "no room" in str(cases.findings(after))


def test_a_difference_that_the_interval_does_not_show_is_no_finding(stored):
    def noisy(plain):
        for block, seconds in zip(plain["rows"][2]["blocks"], (2.0, 20.0, 6.0), strict=True):
            block["samples_s"] = [seconds]

    said = str(cases.verdict_sentences(changed(stored, noisy)))
    assert "no difference in speed found between atelier" in said.lower()
    assert "Atelier: four styles at full size in one process is" not in said


def test_a_smoke_run_says_so_and_ranks_nothing():
    rows = [row("one_by_one", 6.0), row("shrunk_per_request", 2.0)]
    run = run_of(*rows, rounds=1)
    texts = [cases.verdict_sentences(run), cases.findings(run), cases.advice(run), cases.case_screen(run)]
    for text in texts:
        assert "moke: no findings" in str(text)
    assert "faster" not in " ".join(map(str, texts))


def test_a_busy_machine_gives_no_verdict_and_no_advice():
    busy = "other processes used 1.5 of 2 processors"
    run = run_of(row("one_by_one", 6.0, suspect=busy), row("shrunk_per_request", 2.0, suspect=busy))
    assert "CAN'T TELL" in str(cases.verdicts_table(run))
    assert "faster" not in str(cases.verdict_sentences(run))
    assert "quiet machine" in str(cases.advice(run))


def test_a_row_without_a_time_says_why_and_a_wrong_one_is_struck_through(stored):
    run = cases.load_run(stored)
    table = str(cases.procedures_table(run))
    assert "skipped" in table and "take a larger machine" in table
    assert "~~6.0" in table
    assert "is wrong" in str(cases.verdict_sentences(run))
    assert "take a larger machine" in str(cases.verdict_sentences(run))
    assert "styles" in str(cases.stages_of_table(run))


def test_the_plot_describes_each_row_with_a_time(stored):
    chart = cases.procedures_plot(cases.load_run(stored))
    assert "Atelier: four styles at full size in one process: 1.5" in chart.alt
    assert "cache" not in chart.alt
    assert picture_sheet(cases.load_run(stored)).__class__.__name__ == "Nothing"


def test_the_law_of_processes_is_fitted_to_the_rows():
    from toolkit.studies.cases.anime_law import law_here, published_law

    one, two = (row("one_by_one", seconds, batch=4) for seconds in (4.0, 2.1))
    run = replace(
        run_of(replace(one, name="processes_1"), replace(two, name="processes_2")),
        machine={"cpu": {"physical_allowed": 2, "allowed": 2}},
    )
    law = law_here(run)
    assert law.workers == (1, 2) and 0.9 < law.one_ips.value < 1.1
    assert published_law().beyond == (28,)


def test_what_is_no_run_is_refused(tmp_path):
    file = tmp_path / "other.json"
    file.write_text("{}")
    for path in (file, tmp_path / "missing.json"):
        with pytest.raises(InvalidValue, match="run of a case"):
            cases.load_run(path)


@pytest.mark.parametrize("name", CASES)
def test_published_figures_name_their_machine_and_what_they_are_of(name):
    told, case = published(name), case_of(name)
    assert told.machine
    assert told.figures
    for figure in told.figures:
        assert figure.what and figure.unit and figure.low <= figure.high
        kind, *names = [*figure.here.split(" "), ""]
        if kind == "fact":
            assert case.probe(names[0])
        elif kind:
            of = names[:2] if kind in ("shorter", "faster") else names[:1]
            assert all(case.procedure(name) for name in of)


@pytest.mark.parametrize("name", CASES)
def test_printed_code_fails_as_the_page_says(name):
    for one in case_of(name).printed:
        assert "Error" in one.error()
        assert one.changed


def test_an_unknown_case_procedure_or_probe_is_refused():
    with pytest.raises(UnknownName, match="art_workshop"):
        case_of("art_workshp")
    with pytest.raises(UnknownName, match="one_by_one"):
        case_of("1_art_workshop").procedure("one_by_on")
    with pytest.raises(UnknownName, match="concurrency"):
        case_of("1_art_workshop").probe("concurency")
