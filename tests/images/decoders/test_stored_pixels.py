"""Drawn picture files of all kinds give the picture that was drawn, or an error: never another picture."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from tests.images.decoders import drawn_bmp, drawn_jpeg, drawn_png, drawn_tiff
from tests.images.decoders.drawn_png import Expected
from toolkit.core.errors import InvalidValue
from toolkit.images.image import load

LEVELS = 1  # by which a conversion to 8 bits may round in another way


def wrong(file: Path, expected: Expected) -> str:
    """What is wrong with the loaded picture; ``""`` if nothing is."""
    try:
        image = load(file)
    except InvalidValue as error:
        return f"refused: {error}" if expected is not None else ""
    if expected is None:
        return "a damaged file was read"
    if image.shape != expected.shape:
        return f"shape {image.shape}"
    worst = np.abs(image.astype(int) - expected).max()
    return f"off by {worst} levels" if worst > LEVELS else ""


def check_all(drawn: Iterable[tuple[str, bytes, Expected]], file: Path) -> None:
    found = {}
    for name, data, expected in drawn:
        file.write_bytes(data)
        found[name] = wrong(file, expected)
    assert len(found) > 100
    assert {name: what for name, what in found.items() if what} == {}


def test_every_kind_of_png(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    check_all(chain(drawn_png.sound(), drawn_png.odd()), tmp_path / "drawn.png")
    assert capfd.readouterr() == ("", "")


def test_every_kind_of_jpeg(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    check_all(drawn_jpeg.files(), tmp_path / "drawn.jpg")
    assert capfd.readouterr() == ("", "")


def test_every_kind_of_tiff(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    files = chain(drawn_tiff.sound(), drawn_tiff.extras(), drawn_tiff.odd())
    check_all(files, tmp_path / "drawn.tif")
    assert capfd.readouterr() == ("", "")


def test_every_kind_of_bmp(tmp_path: Path) -> None:
    check_all(chain(drawn_bmp.sound(), drawn_bmp.odd()), tmp_path / "drawn.bmp")
