"""Pictures and code on a case study's page: pictures of each procedure, and code that an article prints."""

from __future__ import annotations

from toolkit.results.pictures.sheets import sheet_of
from toolkit.results.plots.charts import Chart
from toolkit.results.plots.nothing import Nothing
from toolkit.studies.cases.case_run import CaseRun
from toolkit.studies.cases.printed_code import PrintedResults, run_printed
from toolkit.studies.cases.register import case_of

_COLUMNS = 3


def picture_sheet(run: CaseRun) -> Chart | Nothing:
    """Show the pictures of the procedures side by side, each with its PSNR or a text on its quality."""
    if not run.pictures:
        return Nothing("Pictures", "no procedure made a picture")
    count = len(run.pictures)
    columns = 2 if count == 4 else min(_COLUMNS, count)
    chart = sheet_of(run.pictures.items(), owner="picture_sheet", columns=columns)
    captions = [caption.replace("\n", ", ") for caption in run.pictures]
    chart.alt = f"The same part of the picture, made by each procedure: {'; '.join(captions)}."
    return chart


def printed_results(run: CaseRun) -> PrintedResults:
    """Show the article's code that cannot run as printed, its error on this machine, and the change that repairs it."""
    return run_printed(tuple(case_of(run.case).printed))
