"""Send a picture to another machine with the encoded bytes of its file, and receive its result as encoded bytes."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter

from toolkit.contracts.outcome import Cause
from toolkit.core.errors import InvalidValue
from toolkit.core.files import write_whole
from toolkit.workers.item import Item, Outcome


@dataclass
class Travelling:
    """A submitted picture that has no result yet, and the number of Dask workers that were lost while they ran it.

    On the workers, the serial number is the picture's index, because a caller may use an index again.
    """

    item: Item
    serial: int
    future: Future[Outcome]
    since_s: float
    deaths: Counter[str] = field(default_factory=Counter)

    def is_wanted(self) -> bool:
        """Whether the caller still wants the result; after this call, the future cannot be cancelled any more."""
        if self.future.running():
            return True
        with suppress(RuntimeError):  # the future has ended already
            return self.future.set_running_or_notify_cancel()
        return False


@dataclass
class Sent(Travelling):
    """A picture that was sent through a queue.

    Attributes
    ----------
    attempt : int
        Number of the attempt to run the picture.
    sent_s : float
        Time when the picture's message was sent; 0 before the message is sent.
    order : int
        Serial number of the message that was sent last for this picture.
    stage : str
        State of the picture in its record in Redis (fence).
    is_trial : bool
        Whether this is no picture to run, but only a request that a worker prepare the operation.
    read_s : float or None
        Time in which the picture's file was read here, s; None if the file was not read here.
    """

    attempt: int = 1
    sent_s: float = 0.0
    order: int = 0
    stage: str = "waiting"
    is_trial: bool = False
    read_s: float | None = None

    def with_content(self) -> Item:
        """The item with the bytes of its picture file in place of the path; `read_s` becomes the time of reading."""
        began = perf_counter()
        item = with_content(self.item)
        if item.source is not self.item.source:
            self.read_s = perf_counter() - began
        return item


def with_content(item: Item) -> Item:
    """The `Item` with the content of its picture file in place of the path; the result is to come back as bytes.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    target = None if item.target is None else replace(item.target, path=None)
    source = item.source.read_bytes() if isinstance(item.source, Path) else item.source
    return replace(item, source=source, target=target)


def written(item: Item, outcome: Outcome) -> Outcome:
    """Write the encoded result, which came from another machine, to its file; returns the new outcome."""
    if item.target is None or item.target.path is None or not outcome.is_ok:
        return outcome
    began = perf_counter()
    try:
        write_whole(item.target.path, outcome.content)
    except InvalidValue as error:
        return replace(outcome, content=b"", error=str(error), cause=Cause.UNWRITABLE)
    stages_s = {**outcome.stages_s, "write": perf_counter() - began}
    return replace(outcome, content=b"", stages_s=stages_s)


def size_bytes(item: Item) -> int:
    """Number of bytes of a picture that are sent to another machine; 0 if only the path of its file is sent."""
    match item.source:
        case Path():
            return 0
        case bytes():
            return len(item.source)
        case array:
            return array.nbytes
