"""The segments of a JPEG file, and the scans that it lacks."""

from __future__ import annotations

from tests.images.decoders.drawn_jpeg import SOS, jpeg
from toolkit.images.decoders.jpeg_scans import is_fill, missing_scan, segments, without_trifles


def test_a_sound_file_lacks_no_scan() -> None:
    assert [missing_scan(jpeg(mode)) for mode in ("L", "RGB", "CMYK")] == [""] * 3
    assert missing_scan(jpeg("RGB", progressive=True)) == ""


def test_a_progressive_file_without_its_last_scans_says_what_is_missing() -> None:
    whole = jpeg("RGB", progressive=True)
    starts = [whole.rindex(b"\xff\xda", 0, end) for marker, _, end in segments(whole) if marker == SOS]
    assert "last bits" in missing_scan(whole[: starts[-1]] + b"\xff\xd9")
    assert "coefficients are missing" in missing_scan(whole[: starts[1]] + b"\xff\xd9")


def test_bytes_that_are_no_jpeg_have_no_segments() -> None:
    assert [
        list(segments(data)) for data in (b"", b"\xff\xd8", b"\xff\xd8\xff", b"\xff" * 9, b"text" * 9)
    ] == [[]] * 5


def test_trifles_are_corrected_and_nothing_else() -> None:
    whole = jpeg("RGB")
    other = bytearray(whole.replace(b"JFIF\0\1", b"JFIF\0\2"))
    end = next(end for marker, _, end in segments(whole) if marker == SOS)
    other[end - 2] = 0
    assert without_trifles(bytes(other)) == without_trifles(whole) == whole


def test_only_fill_is_fill() -> None:
    warning = "Corrupt JPEG data: 30 extraneous bytes before marker 0xd9"
    whole = jpeg("RGB")
    assert is_fill(whole[:-2] + bytes(30) + b"\xff\xd9", warning)
    assert not is_fill(whole[:-2] + b"x" * 30 + b"\xff\xd9", warning)
    assert not is_fill(whole, "Corrupt JPEG data: premature end of data segment")
