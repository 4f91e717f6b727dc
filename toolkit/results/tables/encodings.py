"""Make the table of file formats and settings for one picture: encoding time, bytes, PSNR and SSIM."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from toolkit.results.tables.layout import Column, Table, text_column


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """Time, size and quality of one picture that was encoded with one setting of a file format.

    Attributes
    ----------
    name : str
        Format and settings, such as ``JPEG 4:2:0, quality 95``.
    encode_s : float
        Seconds of one encoding: the median of several encodings.
    size_bytes : int
        Size of the encoded file.
    psnr_db : float or None
        PSNR of the decoded file against the picture; None if both are identical.
    ssim : float
        SSIM of the luma of the decoded file against the picture; 1 if both are identical.
    is_default : bool
        Whether Atelier writes pictures with this setting by default.
    """

    name: str
    encode_s: float
    size_bytes: int
    psnr_db: float | None
    ssim: float
    is_default: bool = False


def encodings_table(encodings: Sequence[Encoding], *, title: str = "One picture in each format") -> Table:
    """Make a table with one row for each setting, with marks for the shortest time and the smallest size."""
    import pandas as pd

    fastest = min((one.encode_s for one in encodings), default=0.0)
    smallest = min((one.size_bytes for one in encodings), default=0)
    columns = [
        text_column("format", lambda one: f"{one.name} (default)" if one.is_default else one.name),
        Column(
            "encode",
            lambda one: one.encode_s,
            unit="ms",
            scale=1e-3,
            is_best=lambda one: one.encode_s == fastest,
        ),
        Column(
            "size",
            lambda one: float(one.size_bytes),
            unit="kB",
            scale=1e3,
            is_best=lambda one: one.size_bytes == smallest,
        ),
        Column("PSNR", lambda one: "identical" if one.psnr_db is None else f"{one.psnr_db:.1f}", unit="dB"),
        Column("SSIM", lambda one: "1" if one.psnr_db is None else f"{one.ssim:.4f}"),
    ]
    return Table.of(
        encodings,
        columns,
        title=title,
        frame=pd.DataFrame([asdict(one) for one in encodings]),
        notes=[
            "encode: median of several calls in this process, in turns, without an interval. PSNR and SSIM compare the "
            "decoded file with the picture. Equal quality numbers of two formats do not mean equal pictures: compare "
            "formats at equal PSNR or SSIM. default: the setting with which Atelier saves pictures (a batch writes "
            "JPEG 4:2:0)."
        ],
    )
