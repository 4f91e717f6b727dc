"""The plan of a batch of pictures, checked before any picture is read: the operation, and the files to write."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from toolkit.contracts.placed import placement_for
from toolkit.core.errors import InvalidValue, invalid
from toolkit.core.params import Value
from toolkit.images.encode import SUFFIXES, Chroma, has_quality, holds
from toolkit.jobs.listing import Found, pictures_of, root_of
from toolkit.workers.executor import EXECUTORS, Work
from toolkit.workers.item import FileTarget


@dataclass(frozen=True, kw_only=True)
class BatchPlan:
    """The request to run one operation on a folder of pictures.

    Attributes
    ----------
    work : Work
        The operation with its settings.
    source : str
        The input: a folder, a pattern, a picture file or a list.
    out : Path
        Folder for the results.
    executor : str
        Name of the executor that runs the pictures.
    workers : int
        Number of workers.
    timeout_s : float or None
        Longest time for one picture, s; None for no limit.
    options : dict
        The executor's own settings.
    suffix : str
        Format of the results; ``""`` keeps the format of each picture if that format can hold the result.
    quality : int or None
        Quality of JPEG and WebP, 1 to 100; None for the default quality.
    chroma : {"4:2:0", "4:4:4"}
        Resolution of the colour in JPEG files.
    strips : bool
        Whether EXIF data and colour profile are left out of the results.
    """

    work: Work
    source: str
    out: Path
    executor: str = "processes"
    workers: int = 1
    timeout_s: float | None = None
    options: dict[str, Value] = field(default_factory=dict)
    suffix: str = ""
    quality: int | None = None
    chroma: str = Chroma.HALF
    strips: bool = False

    def check(self) -> None:
        """Raise an error if the request is wrong, before any picture is read.

        Raises
        ------
        UnknownName, InvalidValue
            A name or a value of the request is wrong.
        """
        EXECUTORS[self.executor]
        resolved = self.work.op.resolve(dict(self.work.params), size=(480, 640))
        Chroma.check(self.chroma, "chroma", "a batch")
        channels = self.work.op.shape(480, 640, resolved)[2]
        if self.suffix and self.suffix not in SUFFIXES:
            raise invalid("format", "a batch", f"one of {', '.join(SUFFIXES)}", self.suffix)
        if self.suffix and not holds(self.suffix, channels):
            raise invalid(
                "format",
                "a batch",
                "a format with alpha, because the operation's output has alpha",
                self.suffix,
                "Use .png.",
            )
        if self.quality is not None and self.suffix and not has_quality(self.suffix):
            raise InvalidValue(f"quality applies to JPEG and WebP only; got format {self.suffix!r}.")
        root, out = root_of(self.source), self.out.resolve()
        if root is not None and (out == root or root in out.parents):
            raise invalid(
                "OUT",
                "a batch",
                "outside the input folder, because the batch would otherwise read its own results",
                str(self.out),
                "Name a folder beside the input folder.",
            )

    def identity(self) -> str:
        """Hash of everything that decides the content of a result: settings, sources of the operation, weights."""
        work = self.work
        plain = work.to_dict()
        # The order in which parameters were given changes no result.
        asked = {**plain, "params": sorted(work.params), "placement": {**plain["placement"], "threads": 0}}
        written = [self.suffix, self.quality, self.chroma, self.strips]
        text = json.dumps([asked, written, work.content_id], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def pictures(self) -> Iterator[tuple[Found, str]]:
        """Yield each input picture, and the path of its result relative to the folder OUT.

        Raises
        ------
        InvalidValue
            The results of two pictures would have the same path, or a result would replace an input picture.
        """
        resolved = self.work.op.resolve(dict(self.work.params), size=(480, 640))
        channels = self.work.op.shape(480, 640, resolved)[2]
        taken: dict[int, str] = {}
        inputs = _Inside(self.out)
        for found in pictures_of(self.source):
            result = self._result_name(found.name, channels)
            # Some file systems do not distinguish upper and lower case. Hashes take less memory than names.
            key = hash(result.casefold())
            other = taken.setdefault(key, str(found.path))
            if other != str(found.path):
                raise InvalidValue(
                    f"each result must have a name of its own; got {other!r} and {str(found.path)!r}, which would both "
                    f"be written to {result!r}. Rename one of these pictures."
                )
            if inputs.add(found.path) in taken or key in inputs:
                raise InvalidValue(
                    f"OUT must not hold the input pictures, which results would replace; got {str(self.out)!r} for "
                    f"{str(found.path)!r}. Name another folder."
                )
            yield found, result

    def target(self, result: str) -> FileTarget:
        """The file, format and quality with which a result is written."""
        suffix = os.path.splitext(result)[1].lower()
        quality = self.quality if has_quality(suffix) else None
        return FileTarget(
            path=self.out / result, suffix=suffix, quality=quality, chroma=self.chroma, strips=self.strips
        )

    def _result_name(self, name: str, channels: int) -> str:
        stem, suffix = os.path.splitext(name)
        if self.suffix:
            return stem + self.suffix
        return name if holds(suffix.lower(), channels) else f"{stem}.png"


class _Inside:
    """The pictures that lie in a folder, as hashes of their paths below the folder."""

    def __init__(self, folder: Path) -> None:
        self._top = os.path.join(os.path.realpath(folder), "")
        self._keys: set[int] = set()
        self._parent, self._real_parent = "", ""

    def add(self, path: Path) -> int | None:
        """The hash of a picture's path below the folder; None if the picture lies elsewhere."""
        parent, name = os.path.split(path)
        if not self._real_parent or parent != self._parent:
            self._parent, self._real_parent = parent, os.path.realpath(parent)
        real = os.path.join(self._real_parent, name)
        if not real.startswith(self._top):
            return None
        key = hash(real.removeprefix(self._top).casefold())
        self._keys.add(key)
        return key

    def __contains__(self, key: int) -> bool:
        return key in self._keys


def work_of(
    operation: str,
    *,
    backend: str | None,
    threads: int | None,
    precision: str,
    device: str,
    params: dict[str, Value],
    options: Mapping[str, Value] | None = None,
    steps: tuple[tuple[str, tuple[tuple[str, Value], ...]], ...] = (),
    plugins: tuple[tuple[str, str], ...] = (),
) -> Work:
    """The `Work` of a batch, from the arguments that `tk.apply` takes; by default, each worker has one thread."""
    return Work(
        operation=operation,
        backend=backend or "",
        params=tuple(params.items()),
        steps=steps,
        placement=replace(
            placement_for(threads or 1, precision, device), options=tuple(sorted((options or {}).items()))
        ),
        plugins=plugins,
    )
