"""What a case study measures: procedures, which answer requests, and probes, which count or time something once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from toolkit.images.image import Image

Settings = Mapping[str, Any]
"""The settings of a case: names, with values that JSON can hold."""

PUBLISHED, OURS, EXPLAINS = "published", "ours", "explains"
"""Origin of a procedure: a published article, Atelier, or one part of an article's change, measured separately."""


LONG_S = 5.0
"""A process makes only one request of at least this many seconds, if a first request takes as long as later ones."""


@dataclass(frozen=True)
class Answered:
    """The result of one request: pictures, and the time of each part of the request.

    Attributes
    ----------
    pictures : mapping of name to Image
        The pictures that the request made.
    stages_s : mapping of stage to float
        Seconds of the parts of the request, in order; their sum may be less than the whole request.
    """

    pictures: Mapping[str, Image]
    stages_s: Mapping[str, float] = field(default_factory=dict)


Handler = Callable[[], Answered]
"""A function that answers one request and returns the pictures that it made."""


def _nothing_missing(settings: Settings) -> str:
    return ""


@dataclass(frozen=True, kw_only=True)
class Procedure:
    """A program that answers requests by making pictures, and is timed in separate processes.

    Attributes
    ----------
    name : str
        Name of the procedure, such as ``shrunk_per_request``.
    words : str
        The procedure's name in tables and sentences.
    opened : callable
        A function of the settings that gives a context manager of a `Handler`; work on entry (imports, pools, models)
        is not part of a request.
    origin : str
        Where the procedure comes from: `PUBLISHED`, `OURS` or `EXPLAINS`.
    against : str
        Name of the procedure that the verdict compares this procedure with; ``""`` for the first procedure.
    size : callable
        A function of the settings that gives the size of the request's pictures in words; the page shows this size
        beside every speed-up.
    missing : callable
        A function that says in one sentence why the procedure cannot run on this machine, and how to get a time; it
        gives ``""`` if the procedure can run.
    batch : callable
        A function that gives the number of pictures of one request; times and rates are for the whole request.
    is_steady : bool
        Whether the first request is like each later one: it compiles nothing, and it reads no model that later requests
        reuse.
    is_on_card : bool
        Whether the procedure runs on a graphics card, so that the card's memory is sampled.
    how_to_get : str
        Text that says how to get a time if this machine cannot run the procedure.
    """

    name: str
    words: str
    opened: Callable[[Settings], AbstractContextManager[Handler]]
    origin: str = PUBLISHED
    against: str = ""
    size: Callable[[Settings], str] = lambda settings: ""
    missing: Callable[[Settings], str] = _nothing_missing
    batch: Callable[[Settings], int] = lambda settings: 1
    is_steady: bool = False
    is_on_card: bool = False
    how_to_get: str = ""


@dataclass(frozen=True, kw_only=True)
class Probe:
    """A further count or time of a case, measured once in a separate process and therefore without an interval.

    Attributes
    ----------
    name : str
        Name of the probe, such as ``formats``.
    words : str
        The probe's name in tables and sentences.
    take : callable
        A function of the settings that gives numbers and texts by name.
    missing : callable
        A function that says why the probe cannot run on this machine; ``""`` if the probe can run.
    """

    name: str
    words: str
    take: Callable[[Settings], dict[str, Any]]
    missing: Callable[[Settings], str] = _nothing_missing
