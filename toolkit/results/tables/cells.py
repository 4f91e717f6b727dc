"""Numbers of one row as cells of a table."""

from __future__ import annotations

from toolkit.analysis.stats import Estimate
from toolkit.contracts.measurement import Agreement
from toolkit.core import units
from toolkit.results.rows.summary import Summary
from toolkit.results.tables.layout import Cell


def number_cell(value: float | None, *, is_best: bool = False, is_struck: bool = False) -> Cell:
    """A number, or n/a, which is never struck through."""
    text = units.number(value)
    return Cell(text, is_best=is_best, is_struck=is_struck and text != units.NOT_AVAILABLE)


def time_cell(value_s: float | None, scale: float, *, is_best: bool = False, is_struck: bool = False) -> Cell:
    """Seconds in units of `scale` seconds."""
    return number_cell(None if value_s is None else value_s / scale, is_best=is_best, is_struck=is_struck)


def megabytes_cell(value_bytes: float | None) -> Cell:
    """Bytes in megabytes (1e6)."""
    return number_cell(None if value_bytes is None else value_bytes / 1e6)


def status_text(s: Summary) -> str:
    """The status, with a question mark where the machine was not quiet."""
    status = str(s.measurement.status)
    return f"{status} ?" if s.measurement.suspect else status


def interval_text(estimate: Estimate, scale: float, *, workers: int) -> str:
    """The 95 % interval, or the processes (blocks, of several workers) that are too few for one."""
    if estimate.low is not None and estimate.high is not None:
        return units.interval(estimate.low / scale, estimate.high / scale)
    if estimate.n_processes == 0:
        return ""
    noun = "process" if workers == 1 else "block"
    plural = {"process": "processes", "block": "blocks"}[noun]
    return f"one {noun}" if estimate.n_processes == 1 else f"{estimate.n_processes} {plural}"


def agreement_text(agreement: Agreement | None) -> str:
    """Largest difference from the reference in a word or two.

    >>> agreement_text(None)
    'n/a'
    """
    if agreement is None:
        return units.NOT_AVAILABLE
    if not agreement.agrees:
        return f"no: {agreement.max_abs}"
    return "exact" if agreement.max_abs == 0 else f"within {agreement.max_abs}"


def agreement_db_text(agreement: Agreement | None) -> str:
    """PSNR against the reference, dB; of identical pictures, for which it is infinite, a word."""
    if agreement is not None and agreement.psnr_db is None and agreement.max_abs == 0:
        return "equal"
    return units.NOT_AVAILABLE if agreement is None else units.number(agreement.psnr_db)


def agreement_ssim_text(agreement: Agreement | None) -> str:
    """SSIM against the reference, with the digits that a small difference needs."""
    return units.NOT_AVAILABLE if agreement is None else f"{agreement.ssim:.4f}"
