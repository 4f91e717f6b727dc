"""The list of published weights, read from published.toml: the source, licence and checksum of each file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

HOST = "https://raw.githubusercontent.com"


@dataclass(frozen=True)
class Source:
    """A public repository at a fixed commit.

    Of some commits only the first 12 digits are known, which git accepts as well.

    Attributes
    ----------
    repository : str
        Name of the repository, ``owner/name``.
    commit : str
        Hash of the commit that contains the files of weights.
    folder : str
        The folder in the repository that contains the files.
    licence : str
        SPDX identifier of the licence of the files.
    conversion : str
        How a user converts the files of weights, if the repository has them in another format only; empty if Atelier
        can download them.
    host : str
        The part of a file's download address before ``owner/name/commit/path``.
    """

    repository: str
    commit: str
    folder: str
    licence: str
    conversion: str = ""
    host: str = HOST

    def __str__(self) -> str:
        return f"{self.repository} @ {self.commit[:12]}, {self.folder}/"


@dataclass(frozen=True)
class Weights:
    """A file of published weights.

    Attributes
    ----------
    name : str
        Name of the file, which users give to commands.
    source : Source
        The repository from which the file comes.
    checksum : str
        ``sha256:HEX`` of the file, ``git:HEX``, or ``arrays:HEX`` for converted files; see `toolkit.models.weights`.
    size_bytes : int or None
        Size of the file; None if it is not known before the download.
    """

    name: str
    source: Source
    checksum: str
    size_bytes: int | None = None

    @property
    def url(self) -> str:
        """The address from which the file is downloaded."""
        source = self.source
        return "/".join((source.host, source.repository, source.commit, source.folder, self.name))


def _read(file: Path) -> dict[str, Weights]:
    found: dict[str, Weights] = {}
    for described in tomllib.loads(file.read_text(encoding="utf-8"))["source"]:
        files = described.pop("files")
        source = Source(**described)
        found |= {name: Weights(name, source, *facts) for name, facts in files.items()}
    return found


WEIGHTS: dict[str, Weights] = _read(Path(__file__).with_suffix(".toml"))
