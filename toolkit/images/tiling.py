"""Cutting a picture into tiles that overlap, so that a network of bounded reach gives the same picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from toolkit.core.errors import invalid

Span = tuple[int, int]


@dataclass(frozen=True)
class Tile:
    """One tile; all spans are (start, stop) in px of the input.

    Attributes
    ----------
    read : pair of spans
        Rows and columns that the network sees, halo included.
    keep : pair of spans
        Rows and columns that this tile answers for.
    """

    read: tuple[Span, Span]
    keep: tuple[Span, Span]


def tiles(height: int, width: int, *, tile: int, halo: int, multiple: int = 1) -> Iterator[Tile]:
    """Tiles that together keep every pixel once.

    Where the picture is large enough all tiles read the same size, so that a runtime that compiles for a size
    does so once. At the picture's own edge a tile ends there: what a network pads is then what it pads untiled.

    Parameters
    ----------
    height, width : int
        Of the picture, multiples of `multiple`.
    tile : int
        Side in px that a tile keeps, a multiple of `multiple`.
    halo : int
        Reach of the network: px around what is kept that its values depend on.
    multiple : int
        What positions and sizes must be multiples of.

    Raises
    ------
    InvalidValue
        `tile` is not a positive multiple of `multiple`.

    Examples
    --------
    >>> [(t.read[1], t.keep[1]) for t in tiles(4, 10, tile=4, halo=1)]
    [((0, 6), (0, 4)), ((3, 9), (4, 8)), ((4, 10), (8, 10))]
    """
    if tile < 1 or tile % multiple:
        raise invalid("tile", "a network", f"a positive multiple of {multiple} px", tile)
    reach = -(-halo // multiple) * multiple
    for rows, kept_rows in _along(height, tile, reach):
        for columns, kept_columns in _along(width, tile, reach):
            yield Tile((rows, columns), (kept_rows, kept_columns))


def _along(side: int, tile: int, reach: int) -> Iterator[tuple[Span, Span]]:
    window = min(side, tile + 2 * reach)
    for start in range(0, side, tile):
        first = max(0, min(start - reach, side - window))
        yield (first, first + window), (start, min(start + tile, side))
