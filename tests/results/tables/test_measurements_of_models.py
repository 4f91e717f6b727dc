"""What a newcomer sees of models: ways held against each other, quality beside speed, untrained in every row."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.results.model_rows import anime_rows, matte_rows, model_row, super_resolution_rows
from toolkit.results.rows.frame import frame
from toolkit.results.tables.growth import growth_table
from toolkit.results.tables.measurements import results_table
from toolkit.results.tables.percentiles import percentile_table
from toolkit.results.tables.stages import pipeline_table, stages_table


@pytest.mark.parametrize("rows", [anime_rows, super_resolution_rows, matte_rows])
@pytest.mark.parametrize("build", [results_table, pipeline_table])
def test_tables_of_models_fit_a_terminal(rows, build):
    assert max(map(len, build(rows()).text().splitlines())) <= 118


@pytest.mark.parametrize(
    "build", [results_table, stages_table, pipeline_table, percentile_table, growth_table]
)
def test_untrained_stands_in_every_row_and_in_none_that_is_trained(build):
    untrained, trained = build(anime_rows()), build(anime_rows(is_trained=True))
    assert untrained.rows and all(
        "untrained" in " ".join(cell.text for cell in row) for row in untrained.rows
    )
    assert untrained.html().count("untrained") >= len(untrained.rows)
    assert "untrained" not in trained.html()


def test_untrained_rows_never_have_a_quality():
    rows = [*super_resolution_rows(), model_row(
        "edsr", "torch", latency_ms=9, params=(("scale", 3), ("weights", "untrained")), quality={"psnr_y_db": 12.34}
    )]  # fmt: skip
    assert "12.3" not in results_table(rows).html()
    found = frame(rows)
    assert found[found["is_untrained"]]["quality_psnr_y_db"].isna().all()
    assert found[~found["is_untrained"]]["quality_psnr_y_db"].notna().all()


def test_columns_come_with_what_there_is():
    assert "PSNR-Y" not in results_table(anime_rows()).text()
    enlarged, mattes = (results_table(rows()) for rows in (super_resolution_rows, matte_rows))
    assert [c.unit for c in enlarged.columns if c.header == "PSNR-Y"] == ["dB"]
    assert "MATLAB's antialiased bicubic, not with cv2.resize; luma is not rounded" in enlarged.text()
    assert "30.59" in enlarged.text() and "SSIM-Y" in enlarged.html().replace("&#8209;", "-")
    assert {"MAD", "SAD", "MSE", "Grad", "Conn"} <= {c.header for c in mattes.columns}
    assert "Grad" in mattes.text()
    assert "MATLAB" not in mattes.text()
    assert "smaller is better" in mattes.text() and "smaller is better" not in enlarged.text()


def test_agreement_is_in_decibels_beside_the_largest_difference():
    lines = results_table(anime_rows()).text(150).splitlines()
    (line,) = [line for line in lines if "openvino" in line and "bf16" in line]
    assert "within 9" in line and " 51.0 " in line
    assert any("exact" in line and "equal" in line for line in lines)


def test_numbers_for_programs_carry_precision_speedup_and_stages():
    found = frame(anime_rows())
    fastest = found.loc[found["latency_s"].idxmin()]
    assert (fastest["precision"], fastest["backend"]) == ("int8", "openvino")
    assert fastest["speedup_low"] < fastest["speedup"] < fastest["speedup_high"]
    assert found["is_baseline"].sum() == 1
    assert fastest["infer_s"] == pytest.approx(0.242) and fastest["encode_s"] == pytest.approx(0.0065)


def test_loading_and_compiling_cost_apart():
    """A runtime that compiles when it is first called: what that took longer than a steady call."""
    rows = [
        model_row("anime", "openvino", latency_ms=200, start_s=2.0),
        model_row("anime", "torch", latency_ms=1200),
        replace(
            model_row("anime", "torch", latency_ms=300, options=(("compile", True),), start_s=3.0),
            cold_first_s=40.3,
        ),
    ]
    table = results_table(rows)
    numbers = {
        (row["backend"], "compile=true" in row["settings"]): [
            row[f"{part}_s"] for part in ("load", "first", "compile")
        ]
        for row in table.frame.to_dict("records")
    }
    lazy, eager, compiled = numbers["openvino", False], numbers["torch", False], numbers["torch", True]
    assert lazy == pytest.approx([0.6, 1.4, 1.2], rel=0.02)
    assert eager == [pytest.approx(0.3), pytest.approx(0.7), 0.0]  # a first call that was no slower
    assert compiled == pytest.approx([0.9, 2.1, 40.0], rel=0.02)  # not what a cache on disk made of it
    headers = [column.header for column in table.columns]
    shown = [[row[headers.index(header)].text for row in table.rows] for header in ("load", "compile")]
    assert shown[0] == ["0.600", "0.900", "0.300"] and shown[1][2] == "0"
    assert "compile: first call minus steady call" in " ".join(table.text().split())


def test_what_was_observed_is_told_beside_what_was_asked_for():
    said = {"device": "cuda", "threads": 3, "spinning": True, "ledger": {"active": 1.9}}
    asked = model_row("anime", "onnxruntime", latency_ms=200, threads=2)
    blocks = tuple(
        replace(block, workers=tuple(replace(run, observed=said) for run in block.workers))
        for block in asked.blocks
    )
    table = results_table([replace(asked, blocks=blocks), model_row("anime", "torch", latency_ms=300)])
    seen, _ = table.frame.to_dict("records")
    assert (seen["device"], seen["observed_device"]) == ("cpu", "cuda")
    assert (seen["threads"], seen["observed_threads"], seen["threads_at_work"]) == (2, 3, 1.9)
    assert seen["observed_spinning"] is True and seen["observed_pinning"] is None
    assert "observed settings: onnxruntime spinning=true." in table.text()
    assert "as observed" not in results_table([model_row("anime", "torch", latency_ms=300)]).text()


def test_memory_and_use_of_a_graphics_card_have_columns_where_there_is_one():
    row = model_row("anime", "torch", latency_ms=9)
    card = {"gpu_peak_bytes": 1_234_000_000, "gpu_busy_percent": 87}
    table = results_table([replace(row, memory=replace(row.memory, **card))])
    (told,) = table.frame.to_dict("records")
    assert (told["gpu_memory_peak_bytes"], told["gpu_busy_percent"]) == (1_234_000_000, 87)
    assert "GPU" in table.text() and " 1234 " in table.text() and " 87" in table.text()
    assert "whole card" not in table.text()
    shared = replace(row, memory=replace(row.memory, **card, gpu_is_whole_card=True))
    assert "growth of the used memory of the whole card" in results_table([shared]).text()
    assert "GPU" not in results_table([row]).html()
