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
    """Result files by a hash of the picture's content and of everything that decides the result.

    The files are in one folder, and survive a restart. A result is a hard link if the file system supports links,
    else a copy.

    Parameters
    ----------
    folder : Path
    most_bytes : int
        Largest size of all results; the least recently used results are removed first. 0 turns the cache off.
    keep_s : float
        Age, s, at which a result is removed.
    """

    def __init__(self, folder: Path, *, most_bytes: int, keep_s: float) -> None:
        self._folder, self._most_bytes, self._keep_s = folder, most_bytes, keep_s
        self._lock = threading.Lock()
        self._files: OrderedDict[str, tuple[int, float]] = (
            OrderedDict()
        )  # size and time of making, oldest use first
        self._sources: dict[Work, str] = {}
        self._source_ids: dict[tuple[Path, ...], str] = {}
        self.counts = CacheCounts()
        self.n_bytes = 0
        for file in sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime):
            self._note(file.name, file.stat().st_size, file.stat().st_mtime)
        with self._lock:
            self._evict()

    def give(self, name: str, asked: Asked, to: JobFolder) -> bool:
        """Link all results of a job to the job's files if the cache has all of them; returns whether it has."""
        if not self._most_bytes:
            return False
        with self._lock:
            self._evict()
            keys = [self._key(asked, work) for work in asked.works]
            if not all(key in self._files for key in keys):
                self.counts.misses += 1
                return False
            try:
                for key, work in zip(keys, asked.works, strict=True):
                    _link(self._folder / key, to.result(name, 0, work.operation, asked.suffix))
                    self._files.move_to_end(key)
            except OSError:  # another process has removed the file
                self.counts.misses += 1
                return False
            self.counts.hits += 1
            return True

    def keep(self, asked: Asked, work: Work, result: Path) -> None:
        """Add a result of a job that is done to the cache."""
        if not self._most_bytes:
            return
        with self._lock, suppress(OSError):
            key = self._key(asked, work)
            if key in self._files:
                return
            _link(result, self._folder / key)
            self._note(key, result.stat().st_size, time.time())
            self._evict()

    def sweep(self) -> None:
        """Remove the results that are too old."""
        with self._lock:
            self._evict()

    def _note(self, key: str, size_bytes: int, made_s: float) -> None:
        self._files[key] = (size_bytes, made_s)
        self.n_bytes += size_bytes

    def _evict(self) -> None:
        end_s = time.time() - self._keep_s
        old = [key for key, (_, made_s) in self._files.items() if made_s < end_s]
        over, total = [], self.n_bytes - sum(self._files[key][0] for key in old)
        for key, (size_bytes, _) in self._files.items():
            if total <= self._most_bytes:
                break
            if key not in old:
                over.append(key)
                total -= size_bytes
        for key in (*old, *over):
            self.n_bytes -= self._files.pop(key)[0]
            (self._folder / key).unlink(missing_ok=True)
            self.counts.evictions += 1

    def _key(self, asked: Asked, work: Work) -> str:
        plain = {**work.to_dict(), "placement": {**work.to_dict()["placement"], "threads": 0}}
        text = json.dumps([asked.digest, asked.suffix, plain, self._source(work)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def _source(self, work: Work) -> str:
        """Hash of the sources and weights of an operation, so that a new version computes new results."""
        if work not in self._sources:
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
            if len(self._sources) > 100:
                self._sources.clear()
            files = decisive_files(trial)
            if files not in self._source_ids:  # computing the id reads many files
                self._source_ids[files] = source_id(trial)
            self._sources[work] = self._source_ids[files]
        return self._sources[work]


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # another disk, or a file system without links
        shutil.copyfile(source, target)
