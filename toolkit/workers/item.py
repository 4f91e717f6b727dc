"""A picture to run (Item), the file for its result (FileTarget), and its result or error (Outcome)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from toolkit.contracts.outcome import Cause
from toolkit.images.encode import Chroma
from toolkit.images.image import Image

if TYPE_CHECKING:
    from toolkit.workers.executor import Work


@dataclass(frozen=True, kw_only=True)
class FileTarget:
    """The file, format and quality with which the result of a picture is written.

    Attributes
    ----------
    path : Path or None
        The file to write; with None, the encoded bytes are returned in `Outcome.content`.
    suffix : str
        Format, such as ``.png``.
    quality : int or None
        Quality of JPEG and WebP, 1 to 100; None for the default of `toolkit.images.encode`.
    chroma : {"4:2:0", "4:4:4"}
        Resolution of the colour in a JPEG file.
    strips : bool
        Whether EXIF data and colour profile are left out of the file.
    """

    path: Path | None
    suffix: str
    quality: int | None = None
    chroma: str = Chroma.HALF
    strips: bool = False


@dataclass(frozen=True, kw_only=True)
class Item:
    """One picture that an executor runs.

    Attributes
    ----------
    index : int
        Number of the picture, which the caller chooses; the outcome (`Outcome`) has the same number.
    source : Image, Path or bytes
        An array, a picture file that the worker reads with the checks of ``tk.load``, or the content of such a file.
    target : FileTarget, optional
        The file for the result; with None, the result is returned as an array.
    work : Work, optional
        Operation and settings for this picture, if they differ from those of the pool; the plug-ins must be the same.
    timeout_s : float, optional
        Longest time for this picture, s; None: the longest time that holds for every picture of the pool of workers.
    attempt : int
        Number of the attempt in the caller's job database (ledger), which refuses results of older attempts.
    """

    index: int
    source: Image | Path | bytes
    target: FileTarget | None = None
    work: Work | None = None
    timeout_s: float | None = None
    attempt: int = 1


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The result or the error of a picture; every picture gets exactly one outcome.

    Attributes
    ----------
    index : int
        Number of the picture that ended: its `Item.index`, which the caller chose.
    error : str
        Why there is no result, in one sentence; ``""`` if there is a result.
    cause : Cause
        Kind of the error, such as a time-out or a cancelled picture.
    output : Image or None
        The picture that the operation made, if `Item.target` is None; otherwise None.
    content : bytes
        Bytes of the encoded result, if `Item.target` has no path.
    digest : str
        SHA-256 of the encoded result; ``""`` for an array, because hashing would take longer than passing the array.
    input_digest : str
        SHA-256 of the input file; ``""`` for an array.
    size_px : (int, int)
        Width and height of the result.
    attempts : int
        Number of times that a worker began to run the picture.
    deaths : mapping of str to int
        Number of workers that died while they ran this picture, by cause: ``{"killed by signal 9": 2}``.
    notes : tuple of str
        Properties of the picture file that were lost, such as its alpha.
    stages_s : mapping of str to float
        Seconds of each stage of the picture: read, decode, resize (earlier operations), run, encode, write.
    started_s, finished_s : float
        Submission and end of the picture, on the machine's monotonic clock, in the process that submitted the picture.
    worker : int
        Process id of the worker that finished the picture.
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
        """Whether the picture has a result."""
        return not self.error


def cancelled(index: int) -> Outcome:
    """The outcome of a picture that the caller stopped."""
    now = perf_counter()
    return Outcome(
        index=index,
        error="the picture was cancelled before its result was ready.",
        cause=Cause.CANCELLED,
        attempts=0,
        started_s=now,
        finished_s=now,
    )
