"""The history of a tuner: the exact pictures that it has made, each with its settings."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.core.params import Value
from toolkit.results.pictures.shrunk import jpeg_of, shrunk
from toolkit.workers.live_worker import Rendered

THUMBNAIL_SIDE_PX = 96
_MOST_TRIES = 60


@dataclass(frozen=True, kw_only=True)
class Try:
    """One exact picture of a tuner's history, with its settings.

    Attributes
    ----------
    number : int
    params : dict of parameter to value
    backend : str
    took_s : float
        Time of the single call that made the picture, s.
    thumbnail : bytes
        Small copy of the picture, as JPEG.
    """

    number: int
    params: dict[str, Value]
    backend: str
    took_s: float
    thumbnail: bytes


class Tries:
    """The history of a tuner, oldest picture first; equal settings are stored once."""

    def __init__(self) -> None:
        self._tries: list[Try] = []

    def all(self) -> list[Try]:
        """All pictures of the history, oldest first."""
        return list(self._tries)

    def forget(self, number: int) -> None:
        """Remove the picture of a move from the history, because the move was a step of a drag."""
        self._tries = [one for one in self._tries if one.number != number]

    def remember(self, number: int, params: dict[str, Value], found: Rendered) -> None:
        """Add an exact picture to the history."""
        others = [one for one in self._tries if (one.params, one.backend) != (params, found.backend)]
        small = jpeg_of(shrunk(found.image, THUMBNAIL_SIDE_PX))
        own = Try(number=number, params=params, backend=found.backend, took_s=found.took_s, thumbnail=small)
        self._tries = [*others, own][-_MOST_TRIES:]
