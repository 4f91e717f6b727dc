"""Pack the results of a batch into one archive."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path

from toolkit.core.errors import InvalidValue
from toolkit.core.files import written_whole


def pack(folder: str | Path, names: Iterable[str], archive: Path) -> Path:
    """Write files of a folder into a ZIP archive, completely or not at all; pictures are not compressed again.

    Parameters
    ----------
    names : iterable of str
        Paths of the files, relative to `folder`.

    Raises
    ------
    InvalidValue
        The archive cannot be written, or a file is missing.
    """
    try:
        with written_whole(archive) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as packed:
            for name in names:
                packed.write(Path(folder) / name, name)
    except OSError as error:
        raise InvalidValue(
            f"archive {str(archive)!r} cannot be written: {error.strerror or error}. Choose another path."
        ) from error
    return archive
