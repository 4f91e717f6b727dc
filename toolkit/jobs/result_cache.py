"""A cache of results for equal pictures and settings, which is limited in bytes and in age."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from toolkit.contracts.identity import decisive_files, source_id
from toolkit.contracts.trial import Trial
from toolkit.jobs.asked import Asked, JobFolder
from toolkit.workers.executor import Work


@dataclass
class CacheCounts:
    """Numbers of hits, misses and evictions of a cache since the start."""

    hits: int = 0
    misses: int = 0
    evictions: int = 0


class ResultCache:
    """A store of result files, each found by a hash of the picture's content and of all that decides the result.

    The files are in one folder, and survive a restart of the service. A file is a hard link to the result of a job if
    the file system supports links, else a copy of the result.

    Parameters
    ----------
    folder : Path
        Folder of the result files.
    most_bytes : int
        Largest size of all results; the least recently used results are removed first. 0 turns the cache off.
    keep_s : float
        Age, s, at which a result is removed.
    """

    def __init__(self, folder: Path, *, most_bytes: int, keep_s: float) -> None:
        self._folder, self._most_bytes, self._keep_s = folder, most_bytes, keep_s
        self._lock = threading.Lock()
        # Size of each file and the time at which the file was made; the least recently used file is first.
        self._files: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._sources: dict[Work, str] = {}
        self._source_ids: dict[tuple[Path, ...], str] = {}
        self.counts = CacheCounts()
        self.n_bytes = 0
        for file in sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime):
            self._note(file.name, file.stat().st_size, file.stat().st_mtime)
        with self._lock:
            self._expire()
            self._shrink()

    def give(self, name: str, asked: Asked, to: JobFolder) -> bool:
        """Link the cached results to the result files of a job; returns whether the cache has all these results."""
        if not self._most_bytes:
            return False
        keys = [self._key(asked, work) for work in asked.works]
        with self._lock:
            if not all(self._is_fresh(key) for key in keys):
                self.counts.misses += 1
                return False
            try:
                for key, work in zip(keys, asked.works, strict=True):
                    _link(self._folder / key, to.result(name, 0, work.operation, asked.suffix))
                    self._files.move_to_end(key)
            except OSError:  # another process has removed a file of the cache
                self.counts.misses += 1
                return False
            self.counts.hits += 1
            return True

    def keep(self, asked: Asked, work: Work, result: Path) -> None:
        """Add a result of a job that is done to the cache."""
        if not self._most_bytes:
            return
        key = self._key(asked, work)
        with self._lock, suppress(OSError):
            if self._is_fresh(key):
                return
            _link(result, self._folder / key)
            self._note(key, result.stat().st_size, time.time())
            self._shrink()

    def sweep(self) -> None:
        """Remove the results that are older than `keep_s`."""
        with self._lock:
            self._expire()

    def _note(self, key: str, size_bytes: int, made_s: float) -> None:
        self.n_bytes += size_bytes - self._files.pop(key, (0, 0.0))[0]
        self._files[key] = (size_bytes, made_s)

    def _is_fresh(self, key: str) -> bool:
        """Whether the cache has a result that is not older than `keep_s`; `sweep` removes older results."""
        found = self._files.get(key)
        return found is not None and found[1] >= time.time() - self._keep_s

    def _expire(self) -> None:
        for key in [key for key in self._files if not self._is_fresh(key)]:
            self._remove(key)

    def _shrink(self) -> None:
        while self.n_bytes > self._most_bytes:
            self._remove(next(iter(self._files)))

    def _remove(self, key: str) -> None:
        self.n_bytes -= self._files.pop(key)[0]
        (self._folder / key).unlink(missing_ok=True)
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


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # a hard link cannot be made to another disk, or in a file system without links
        shutil.copyfile(source, target)
