"""A cache of results for equal pictures and settings, which is limited in bytes and in age."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from toolkit.contracts.identity import decisive_files, source_id
from toolkit.contracts.trial import Trial
from toolkit.jobs.asked import Asked, JobFolder
from toolkit.workers.executor import Work

_SHRUNK = 0.9  # a full cache is emptied to this share of its largest size


@dataclass
class CacheCounts:
    """Numbers of hits, misses and evictions of a cache since the service started."""

    hits: int = 0
    misses: int = 0
    evictions: int = 0


class ResultCache:
    """A store of result files, each found by a hash of the picture's content and of all that decides the result.

    The result files are in one folder, and survive a restart of the service. A file is a hard link to the result of a
    job if the file system supports links, else a copy of the result. The cache keeps no list of its files in memory:
    the access time of a file says when the result was used, and its modification time when the result was made.

    Parameters
    ----------
    folder : Path
        Folder of the result files.
    most_bytes : int
        Largest size of all results; the least recently used results are removed first. 0 turns the cache off.
    keep_s : float
        Age, s, at which a result is removed.

    Attributes
    ----------
    n_bytes : int
        Size of all cached results, bytes.
    """

    def __init__(self, folder: Path, *, most_bytes: int, keep_s: float) -> None:
        self._folder, self._most_bytes, self._keep_s = folder, most_bytes, keep_s
        self._lock = threading.Lock()
        self._sources: dict[Work, str] = {}
        self._source_ids: dict[tuple[Path, ...], str] = {}
        self.counts = CacheCounts()
        self.n_bytes = 0
        self.sweep()

    def give(self, name: str, asked: Asked, to: JobFolder) -> bool:
        """Link the cached results to the result files of a job; returns whether the cache has all these results."""
        if not self._most_bytes:
            return False
        files = [self._folder / self._key(asked, work) for work in asked.works]
        with self._lock:
            try:
                is_there = all(self._is_fresh(file.stat()) for file in files)
                if is_there:
                    for file, work in zip(files, asked.works, strict=True):
                        _link(file, to.result(name, 0, work.operation, asked.suffix))
                        _mark_used(file)
            except OSError:  # the cache has no such file, or another process has removed it
                is_there = False
            self.counts.hits += is_there
            self.counts.misses += not is_there
            return is_there

    def keep(self, asked: Asked, work: Work, result: Path) -> None:
        """Add to the cache a result of a job that is done."""
        if not self._most_bytes:
            return
        file = self._folder / self._key(asked, work)
        with self._lock, suppress(OSError):
            old = file.stat() if file.exists() else None
            if old is not None and self._is_fresh(old):
                return
            _link(result, file)
            _mark_used(file)
            self.n_bytes += file.stat().st_size - (old.st_size if old else 0)
            if self.n_bytes > self._most_bytes:
                self._shrink()

    def sweep(self) -> None:
        """Remove the cached results that are older than `keep_s` seconds."""
        with self._lock:
            self.n_bytes = 0
            for found, path in self._files():
                self.n_bytes += found.st_size
                if not self._is_fresh(found):
                    self._remove(path, found.st_size)
            if self.n_bytes > self._most_bytes:
                self._shrink()

    def _files(self) -> Iterator[tuple[os.stat_result, str]]:
        for file in os.scandir(self._folder):
            with suppress(FileNotFoundError):  # another process has removed the file
                yield file.stat(), file.path

    def _is_fresh(self, file: os.stat_result) -> bool:
        return file.st_mtime >= time.time() - self._keep_s

    def _shrink(self) -> None:
        """Remove the least recently used results, and more of them than necessary, so that removals are rare."""
        files = sorted((found.st_atime_ns, found.st_size, path) for found, path in self._files())
        for _, size_bytes, path in files:
            if self.n_bytes <= _SHRUNK * self._most_bytes:
                return
            self._remove(path, size_bytes)

    def _remove(self, path: str, size_bytes: int) -> None:
        Path(path).unlink(missing_ok=True)
        self.n_bytes -= size_bytes
        self.counts.evictions += 1

    def _key(self, asked: Asked, work: Work) -> str:
        plain = work.to_dict()
        plain["placement"]["threads"] = 0
        text = json.dumps([asked.digest, asked.suffix, plain, self._source(work)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def _source(self, work: Work) -> str:
        """Hash of the sources and weights of an operation, so that a new version computes new results."""
        known = self._sources.get(work)
        if known is not None:
            return known
        trial = Trial(
            operation=work.operation,
            backend=work.backend or work.op.prefer[0],
            params=work.params,
            steps=work.steps,
            placement=work.placement,
            plugins=work.plugins,
            width=640,
            height=480,
        )
        files = decisive_files(trial)
        if files not in self._source_ids:  # `source_id` reads many files, so its result is kept
            self._source_ids[files] = source_id(trial)
        if len(self._sources) > 100:
            self._sources.clear()
        found = self._sources[work] = self._source_ids[files]
        return found


def _mark_used(file: Path) -> None:
    os.utime(file, ns=(time.time_ns(), file.stat().st_mtime_ns))


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # a hard link cannot be made to another disk, or in a file system without links
        shutil.copyfile(source, target)
