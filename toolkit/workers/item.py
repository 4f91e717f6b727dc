"""A picture that an executor runs, how its result is written, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from toolkit.contracts.outcome import Cause
from toolkit.images.encode import Chroma
from toolkit.images.image import Image


@dataclass(frozen=True, kw_only=True)
class FileTarget:
    """How the result of an item is written.

    Attributes
    ----------
    path : Path or None
        The file to write; None returns the encoded bytes in `Outcome.content`.
    suffix : str
        Format, such as ``.png``.
    quality : int or None
        Of JPEG and WebP, 1 to 100; None for the default of `toolkit.images.encode`.
    chroma : {"4:2:0", "4:4:4"}
        Resolution of the colour in a JPEG file.
    strips : bool
        Whether EXIF data and colour profile are left out.
    """

    path: Path | None
    suffix: str
    quality: int | None = None
    chroma: str = Chroma.HALF
    strips: bool = False


@dataclass(frozen=True, kw_only=True)
class Item:
    """One picture to run.

    Attributes
    ----------
    index : int
        Chosen by the caller; the outcome carries the same number.
    source : Image, Path or bytes
        An array, a picture file that the worker reads with the checks of ``tk.load``, or the content of one.
    target : FileTarget, optional
        None: the output comes back as an array.
    """

    index: int
    source: Image | Path | bytes
    target: FileTarget | None = None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of an item. Every item gets exactly one.

    Attributes
    ----------
    index : int
    error : str
        Why there is no result, in one sentence; ``""`` if there is one.
    cause : Cause
    output : Image or None
        The result of an item without a target.
    content : bytes
        The encoded result of a target without a path.
    digest : str
        SHA-256 of the encoded result; ``""`` for an array, because hashing would take longer than carrying it.
    input_digest : str
        SHA-256 of the input file; ``""`` for an array.
    size_px : (int, int)
        Width and height of the result.
    attempts : int
        How often a worker began with the item.
    deaths : mapping of str to int
        Deaths of workers at this item, by cause: ``{"killed by signal 9": 2}``.
    notes : tuple of str
        What was lost of the picture file, such as its alpha.
    stages_s : mapping of str to float
        Seconds of each stage that applied: read, decode, resize (pre-steps), run, encode, write.
    started_s, finished_s : float
        On the machine's monotonic clock, in the process that submitted the item.
    worker : int
        Process id of the worker that ended the item.
    """

    index: int
    error: str = ""
    cause: Cause = Cause.NONE
    output: Image | None = None
    content: bytes = b""
    digest: str = ""
    input_digest: str = ""
    size_px: tuple[int, int] = (0, 0)
    attempts: int = 1
    deaths: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    stages_s: Mapping[str, float] = field(default_factory=dict)
    started_s: float = 0.0
    finished_s: float = 0.0
    worker: int = 0

    @property
    def is_ok(self) -> bool:
        """Whether there is a result."""
        return not self.error


def cancelled(index: int) -> Outcome:
    """The outcome of an item that was stopped."""
    now = perf_counter()
    return Outcome(
        index=index,
        error="cancelled before it ended.",
        cause=Cause.CANCELLED,
        attempts=0,
        started_s=now,
        finished_s=now,
    )
