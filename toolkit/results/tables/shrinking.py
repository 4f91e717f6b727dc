"""Make the table of operations on shrunken photos: speed-up and quality relative to the full-size photo."""

from __future__ import annotations

from collections.abc import Iterable

from toolkit.contracts.turns import command_to_compare
from toolkit.core import units
from toolkit.results.rows.quiet import busy_sentence
from toolkit.results.rows.shrinking import Shrunken, shrunken, steps_text
from toolkit.results.rows.summarising import Measured
from toolkit.results.rows.summary import UNTRAINED
from toolkit.results.tables.columns import ends_text
from toolkit.results.tables.layout import Column, Table, text_column


def shrinking_table(measurements: Iterable[Measured], *, title: str = "Shrunken and full-size jobs") -> Table:
    """Make a table with one row for each shrunken input: time, speed-up with its 95 % interval, PSNR and SSIM.

    On a busy machine the table has no speed-up.
    """
    import pandas as pd

    measurements = list(measurements)
    found, busy = shrunken(measurements), busy_sentence(measurements)
    scale, unit = units.time_unit(s.latency.value for job in found for s in (job.small, job.full))
    speedup = (
        Column("times as fast", lambda job: job.speedup.value if job.speedup else "apart"),
        Column("95 % interval", lambda job: ends_text(job.speedup)),
    )
    columns = (
        text_column("operation@backend", _name),
        Column("size", lambda job: units.megapixels(job.small.trial.megapixels), unit="MP"),
        text_column("pre-step", lambda job: steps_text(job.small.trial.steps)),
        Column("full size", lambda job: job.full.latency.value, unit=unit, scale=scale),
        Column("shrunken", lambda job: job.small.latency.value, unit=unit, scale=scale),
        *(() if busy else speedup),
        Column("PSNR", lambda job: job.quality.get("psnr_db"), unit="dB"),
        Column("SSIM", lambda job: job.quality.get("ssim")),
    )
    notes = ["PSNR and SSIM compare the result from the shrunken photo, enlarged, with the full-size result."]
    apart = [job for job in found if job.speedup is None]
    if apart and not busy:
        command = command_to_compare(apart[0].full.trial, apart[0].small.trial)
        notes.append(
            f"apart: the shrunken and the full-size row were not measured in turns. To compare both rows: {command}"
        )
    title = f"{busy} {title}".strip()
    return Table.of(found, columns, title=title, frame=pd.DataFrame(map(_raw, found)), notes=notes)


def _name(job: Shrunken) -> str:
    return f"{job.small.name} {UNTRAINED}" if job.small.is_untrained else job.small.name


def _raw(job: Shrunken) -> dict[str, object]:
    return {
        "operation_backend": job.small.name,
        "size_mp": job.small.trial.megapixels,
        "steps": steps_text(job.small.trial.steps),
        "latency_full_s": job.full.latency.value,
        "latency_s": job.small.latency.value,
        "speedup": job.speedup and job.speedup.value,
        "speedup_low": job.speedup and job.speedup.low,
        "speedup_high": job.speedup and job.speedup.high,
        "quality_psnr_db": job.quality.get("psnr_db"),
        "quality_ssim": job.quality.get("ssim"),
    }
