"""Published weights: what there is, where each file comes from, its licence and checksum; listed in published.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

HOST = "https://raw.githubusercontent.com"


@dataclass(frozen=True)
class Source:
    """A public repository at a fixed commit.

    Of some commits only the first 12 digits are known; they name a commit to git as the whole does.

    Attributes
    ----------
    repository : str
        ``owner/name``.
    commit : str
    folder : str
        Folder of the files in the repository.
    licence : str
        SPDX identifier.
    conversion : str
        How a user makes the files of what the source has, where that is another format; empty where `fetch` gets them.
    host : str
        What comes before ``owner/name/commit/path`` when a file is fetched.
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
    """One published file.

    Attributes
    ----------
    name : str
        File name; also the name in the registry.
    source : Source
    checksum : str
        ``sha256:HEX`` of the file, ``git:HEX``, or ``arrays:HEX`` for converted ones; see `toolkit.models.checksum`.
    size_bytes : int or None
        None where it is not known before the file is fetched, or is no matter.
    """

    name: str
    source: Source
    checksum: str
    size_bytes: int | None = None

    @property
    def url(self) -> str:
        """Where `fetch` gets the file."""
        return "/".join(
            (self.source.host, self.source.repository, self.source.commit, self.source.folder, self.name)
        )


def _read(file: Path) -> dict[str, Weights]:
    found: dict[str, Weights] = {}
    for described in tomllib.loads(file.read_text(encoding="utf-8"))["source"]:
        files = described.pop("files")
        source = Source(**described)
        found |= {name: Weights(name, source, *facts) for name, facts in files.items()}
    return found


WEIGHTS: dict[str, Weights] = _read(Path(__file__).with_suffix(".toml"))
