"""A request to a service to run one or several operations on one picture, and the folder with the files of jobs."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from toolkit.core.errors import InvalidValue
from toolkit.workers.executor import Work


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request: the name of a picture and the operations to run on the picture, as values that JSON can store.

    Attributes
    ----------
    works : tuple of Work
        The operations with their settings; each operation occurs once.
    suffix : str
        Format of the results, such as ``.png``.
    picture : str
        Name of the uploaded file in `JobFolder.uploads`.
    picture_name : str
        The name that the client gave the uploaded picture; only messages use this name.
    width, height : int
        Size of the picture according to its header, px.
    digest : str
        SHA-256 of the uploaded file.
    """

    works: tuple[Work, ...]
    suffix: str
    picture: str
    picture_name: str
    width: int
    height: int
    digest: str

    @property
    def signature(self) -> str:
        """Hash of the picture and of the requested operations; a repeated request has an equal hash."""
        text = json.dumps([self.digest, self.suffix, [work.to_dict() for work in self.works]], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_task(self) -> dict[str, Any]:
        """The request as a dict, which the job database (ledger) stores as the task of the job."""
        return {**vars(self), "works": [work.to_dict() for work in self.works]}

    @classmethod
    def from_task(cls, task: Mapping[str, Any]) -> Self:
        """Make the request from the dict that `to_task` returned."""
        return cls(**{**task, "works": tuple(Work.from_dict(work) for work in task["works"])})


class JobFolder:
    """The folder of a service: its job database (ledger), uploads, results and cached results.

    Raises
    ------
    InvalidValue
        The folder cannot be created.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.uploads, self.results, self.cache = path / "uploads", path / "results", path / "cache"
        self.ledger, self.temporary = path / "jobs.sqlite", path / "tmp"
        try:
            for folder in (self.uploads, self.results, self.cache, self.temporary):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InvalidValue(
                f"DATA must be a folder that exists or can be made; got {str(path)!r} ({error.strerror}). "
                "Choose another folder."
            ) from None

    def upload(self, asked: Asked) -> Path:
        """Path of the uploaded picture of a job."""
        return self.uploads / asked.picture

    def result(self, name: str, attempt: int, operation: str, suffix: str) -> Path:
        """Path for the result of one operation of a job; each attempt to run the job has other paths."""
        return self.results / f"{name}-{attempt}-{operation}{suffix}"

    def remove(self, name: str, asked: Asked) -> None:
        """Remove the picture and all results of a job."""
        for path in (self.upload(asked), *self.results.glob(f"{name}-*")):
            path.unlink(missing_ok=True)

    def size_bytes(self) -> int:
        """Number of bytes of all files in the folder of the service."""
        return sum(os.stat(file).st_size for file in self.path.rglob("*") if file.is_file())
