"""Jobs that shrink the photo first, beside the same job at full size: what is gained and what is lost."""

from __future__ import annotations

from collections.abc import Iterable

from toolkit.core import units
from toolkit.results.rows.shrinking import shrunken, steps_text
from toolkit.results.rows.summarising import Measured
from toolkit.results.rows.summary import UNTRAINED
from toolkit.results.tables.layout import Cell, Column, Table


def shrinking_table(measurements: Iterable[Measured], *, title: str = "Shrunken and full-size jobs") -> Table:
    """One row for each shrunken job: time, speed-up with its 95 % interval, PSNR and SSIM of the result."""
    import pandas as pd

    found = shrunken(measurements)
    scale, unit = units.time_unit(s.latency.value for small, full, _ in found for s in (small, full))
    columns = [
        Column(header="operation@backend", is_number=False),
        Column(header="size", unit="MP"),
        Column(header="pre-step", is_number=False),
        Column(header="full size", unit=unit),
        Column(header="shrunken", unit=unit),
        Column(header="times as fast"),
        Column(header="95 % interval"),
        Column(header="PSNR", unit="dB"),
        Column(header="SSIM"),
    ]
    cells, raw = [], []
    for small, full, ratio in found:
        quality = small.measurement.quality
        has_interval = ratio.low is not None and ratio.high is not None
        texts = [
            " ".join([small.name, *[UNTRAINED] * small.measurement.is_untrained]),
            units.megapixels(small.trial.megapixels),
            steps_text(small.trial.steps),
            units.number(full.latency.value / scale),
            units.number(small.latency.value / scale),
            units.number(ratio.value),
            f"[{units.number(ratio.low)}, {units.number(ratio.high)}]" if has_interval else "",
            units.number(quality.get("psnr_db")),
            units.number(quality.get("ssim")),
        ]
        cells.append([Cell(text=text) for text in texts])
        raw.append(
            {
                "operation_backend": small.name,
                "size_mp": small.trial.megapixels,
                "steps": steps_text(small.trial.steps),
                "latency_full_s": full.latency.value,
                "latency_s": small.latency.value,
                "speedup": ratio.value,
                "speedup_low": ratio.low,
                "speedup_high": ratio.high,
                "quality_psnr_db": quality.get("psnr_db"),
                "quality_ssim": quality.get("ssim"),
            }
        )
    notes = ["PSNR and SSIM hold the shrunken job's result, resized back, against the full-size result."]
    return Table(title=title, columns=columns, rows=cells, frame=pd.DataFrame(raw), notes=notes)
