"""A progress bar on stderr while a network runs a large picture in tiles, which may take minutes each."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from toolkit.contracts.loaded_network import watched_tiles

if TYPE_CHECKING:
    from tqdm import tqdm


@contextmanager
def tile_bar(*, quiet: bool) -> Iterator[None]:
    """Show a progress bar in a terminal as soon as a network starts to run a picture in tiles."""
    if quiet or not sys.stderr.isatty():  # tqdm starts a thread even if it shows no bar
        yield
        return
    bars: list[tqdm] = []

    def on_tile(done: int, total: int) -> None:
        from tqdm import tqdm

        if not bars:
            bars.append(tqdm(total=total, unit="tile", leave=False))
        bars[0].update(done - bars[0].n)
        bars[0].refresh()

    try:
        with watched_tiles(on_tile):
            yield
    finally:
        for bar in bars:
            bar.close()
