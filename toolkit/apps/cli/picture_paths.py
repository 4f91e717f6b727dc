"""Find the pictures that ``apply`` reads, and choose the file name of each result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from toolkit.core.errors import AtelierError, InvalidValue
from toolkit.images.encode import SUFFIXES, holds
from toolkit.images.image import check_destination
from toolkit.images.photos import photo_file


@dataclass(frozen=True)
class Job:
    """One picture to read, named as the user wrote it, and the file of its result."""

    name: str
    out: Path


def pictures(given: Iterable[str]) -> list[str]:
    """The given files and names, with each folder replaced by its picture files, sorted by name.

    Raises
    ------
    InvalidValue
        A folder has no picture file, or cannot be read.
    """
    found: list[str] = []
    for name in given:
        folder = Path(name)
        if not folder.is_dir():
            found.append(name)
            continue
        try:
            inside = sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)
        except OSError as error:
            raise InvalidValue(f"folder {name!r} cannot be read ({error.strerror}).") from None
        if not inside:
            endings = ", ".join(SUFFIXES)
            raise InvalidValue(f"folder {name!r} must hold picture files ({endings}); it has no such file.")
        found += map(str, inside)
    return found


def is_folder(out: str, given: Sequence[str]) -> bool:
    """Whether OUT is a folder: OUT is an existing folder, ends with ``/``, or there are several pictures.

    Raises
    ------
    InvalidValue
        OUT is a file, but there are several pictures, or a folder of pictures.
    """
    path = Path(out)
    if path.is_dir() or out.endswith(("/", "\\")):
        return True
    several = next((f"those in the directory {name!r}" for name in given if Path(name).is_dir()), "")
    several = several or (f"{len(given)} of them" if len(given) > 1 else "")
    if several and (path.suffix.lower() in SUFFIXES or path.exists()):
        raise InvalidValue(
            f"OUT must be a folder for several pictures ({several}); got {out!r}. "
            "Write the name of a folder, such as results/."
        )
    return bool(several)


def made_folder(path: Path) -> bool:
    """Make the folder for the results; returns whether the folder is new.

    Raises
    ------
    InvalidValue
        The folder cannot be made.
    """
    if path.is_dir():
        return False
    try:
        path.mkdir(parents=True)
    except OSError as error:
        raise InvalidValue(
            f"OUT must be a folder that exists or can be made; got {str(path)!r} ({error.strerror}). "
            "Choose another folder."
        ) from None
    return True


def jobs_into(
    folder: Path, names: Iterable[str], *, channels: int, force: bool, skip_existing: bool
) -> tuple[list[Job], list[Job], list[tuple[str, AtelierError]]]:
    """The jobs to run, the jobs whose results exist, and the pictures that cannot be processed, with the reason.

    Parameters
    ----------
    channels : int
        Channels of the results: a result is named .png if the format of its input cannot store these channels.
    force : bool
        Whether existing results may be replaced; an input picture is never replaced.
    skip_existing : bool
        Whether a picture whose result exists is left out.
    """
    to_do: list[Job] = []
    existing: list[Job] = []
    refused: list[tuple[str, AtelierError]] = []
    taken: set[Path] = set()
    for name in names:
        out = folder / _name_for(name, channels)
        try:
            if out in taken:
                raise InvalidValue(
                    f"two results would have the name {str(out)!r}; rename one of the two pictures."
                )
            taken.add(out)
            if skip_existing and out.exists():
                existing.append(Job(name, out))
                continue
            if out.exists() and out.samefile(photo_file(name)):
                raise InvalidValue(
                    f"the result would replace the picture {name!r} itself; name another folder as OUT."
                )
            to_do.append(Job(name, check_destination(out, force=force)))
        except AtelierError as error:
            refused.append((name, error))
    return to_do, existing, refused


def _name_for(name: str, channels: int) -> str:
    """File name of the result: the picture's name, or .png if the picture's format cannot store the result."""
    path = Path(name)
    return path.name if holds(path.suffix.lower(), channels) else f"{path.stem}.png"
