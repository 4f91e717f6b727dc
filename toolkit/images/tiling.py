"""Split a picture into overlapping tiles, so that a network gives the same output as for the whole picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from toolkit.core.errors import invalid

Span = tuple[int, int]


@dataclass(frozen=True)
class Tile:
    """One tile of a picture, as spans of rows and columns; each span is (start, stop) in px of the input.

    Attributes
    ----------
    read : pair of spans
        Rows and columns of the network's input, including the halo.
    keep : pair of spans
        Rows and columns of the network's output that are kept.
    """

    read: tuple[Span, Span]
    keep: tuple[Span, Span]


def tiles(height: int, width: int, *, tile: int, halo: int, multiple: int = 1) -> Iterator[Tile]:
    """Tiles that together keep every pixel exactly once.

    If the picture is large enough, all tiles read parts of one size, so that a runtime that compiles a network for each
    input size compiles the network only once. No tile reads beyond the edge of the picture: at the edge the network
    pads as it does without tiles.

    Parameters
    ----------
    height, width : int
        Size of the picture, px, multiples of `multiple`.
    tile : int
        Side of the part that a tile keeps, px, a multiple of `multiple`.
    halo : int
        Largest distance, px, at which a pixel of the network's input can influence a pixel of its output.
    multiple : int
        All positions and sizes are multiples of this number of px.

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
