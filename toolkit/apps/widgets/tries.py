"""The full pictures (no previews) that a tuner has made, with their settings; a file keeps them for later kernels."""

from __future__ import annotations

import base64
import json
import logging
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.apps.widgets.settings import Settings
from toolkit.core.errors import AtelierError
from toolkit.core.files import write_whole
from toolkit.core.folders import made_home
from toolkit.core.params import Value
from toolkit.images.image import Image, content_hash
from toolkit.results.pictures.shrunk import jpeg_of, shrunk
from toolkit.workers.live_worker import Rendered

THUMBNAIL_SIDE_PX = 96
_MOST_TRIES = 60
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Try:
    """One full picture (no preview) of a tuner's history, with its settings.

    Attributes
    ----------
    settings : Settings
        Settings that made the picture, with the photo of the history.
    ran_on : str
        Name of the backend that made the picture.
    took_s : float
        Time of the single call that made the picture, s.
    thumbnail : bytes
        Small copy of the picture, as JPEG.
    number : int
        Number of the move that made the picture; -1 for a picture of an earlier kernel.
    """

    settings: Settings
    ran_on: str
    took_s: float
    thumbnail: bytes
    number: int = -1

    @property
    def key(self) -> str:
        """Hash of the settings that made the picture."""
        return self.settings.key

    @property
    def params(self) -> dict[str, Value]:
        """The value of every parameter of the operation, for this picture."""
        return dict(self.settings.params)


class Tries:
    """The history of one operation on one photo, oldest first; each combination of settings occurs once.

    Parameters
    ----------
    operation : str
        Name of the operation.
    photo : Image
        The photo, whose content identifies the history.
    name : str
        The present name of the photo.
    """

    def __init__(self, operation: str, photo: Image, name: str) -> None:
        self._file, self._name = f"{operation}-{content_hash(photo)[:16]}.json", name
        self._tries = self._read()

    def all(self) -> list[Try]:
        """All pictures of the history, oldest first."""
        return list(self._tries)

    def forget(self, number: int) -> None:
        """Remove the picture of a move from the history, because the move was a step of a drag."""
        self._tries = [one for one in self._tries if one.number != number]

    def remember(self, number: int, settings: Settings, found: Rendered) -> None:
        """Add a full picture to the history, and write the history to its file; a failure to write is logged."""
        small = jpeg_of(shrunk(found.image, THUMBNAIL_SIDE_PX))
        own = Try(
            settings=settings, ran_on=found.backend, took_s=found.took_s, thumbnail=small, number=number
        )
        self._tries = [*(one for one in self._tries if one.key != own.key), own][-_MOST_TRIES:]
        try:
            write_whole(self._path(), json.dumps([_plain(one) for one in self._tries]))
        except AtelierError as error:
            _log.info("the history of the tuner cannot be written to its file: %s", error)

    def _path(self) -> Path:
        return made_home() / "data" / "tuner" / self._file

    def _read(self) -> list[Try]:
        found: list[Try] = []
        with suppress(OSError, ValueError, AtelierError):
            for plain in json.loads(self._path().read_text(encoding="utf-8")):
                with suppress(KeyError, TypeError, ValueError):
                    found.append(_from_plain(plain, self._name))
        return found


def _plain(one: Try) -> dict[str, Any]:
    how = one.settings
    return {
        "params": dict(how.params),
        "backend": how.backend,
        "threads": how.threads,
        "precision": str(how.precision),
        "ran_on": one.ran_on,
        "took_s": one.took_s,
        "thumbnail": base64.b64encode(one.thumbnail).decode(),
    }


def _from_plain(plain: dict[str, Any], photo: str) -> Try:
    settings = Settings(
        photo=photo,
        params=dict(plain["params"]),
        backend=plain["backend"],
        threads=plain["threads"],
        precision=plain["precision"],
    )
    return Try(
        settings=settings,
        ran_on=str(plain["ran_on"]),
        took_s=float(plain["took_s"]),
        thumbnail=base64.b64decode(plain["thumbnail"]),
    )
