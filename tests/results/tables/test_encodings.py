"""The table of formats marks the fastest and the smallest, and calls a lossless copy identical."""

from __future__ import annotations

from toolkit.results.tables.encodings import Encoding, encodings_table


def test_the_fastest_and_the_smallest_are_marked_and_lossless_is_identical():
    table = encodings_table(
        [
            Encoding(name="PNG", encode_s=0.04, size_bytes=900_000, psnr_db=None, ssim=1.0),
            Encoding(
                name="JPEG", encode_s=0.01, size_bytes=200_000, psnr_db=41.26, ssim=0.98765, is_default=True
            ),
            Encoding(name="WebP", encode_s=0.2, size_bytes=150_000, psnr_db=42.0, ssim=0.99),
        ]
    )
    cells = {row[0].text: [cell.plain for cell in row[1:]] for row in table.rows}
    assert cells == {
        "PNG": ["40.0", "900", "identical", "1"],
        "JPEG (default)": ["*10.0", "200", "41.3", "0.9877"],
        "WebP": ["200", "*150", "42.0", "0.9900"],
    }
    assert table.frame.size_bytes.tolist() == [900_000, 200_000, 150_000]


def test_no_format_is_an_empty_table():
    assert encodings_table([]).rows == []
