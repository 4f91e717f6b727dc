"""Named sets of parameters that a user has saved; one file for each operation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from toolkit.core.errors import InvalidValue
from toolkit.core.files import write_whole
from toolkit.core.folders import made_home
from toolkit.core.params import Value

_LONGEST_NAME = 40  # largest number of characters of a preset's name


class SavedPresets:
    """The saved presets of an operation; each access reads the file again, because other kernels may write it.

    Parameters
    ----------
    operation : str
        Name of the operation.
    taken : collection of str
        Names of the operation's own presets, which cannot be replaced.
    """

    def __init__(self, operation: str, taken: Mapping[str, object]) -> None:
        self._operation, self._taken = operation, taken

    @property
    def path(self) -> Path:
        """Path of the file with the presets that users have saved for the operation."""
        return made_home() / "data" / "presets" / f"{self._operation}.json"

    def all(self) -> dict[str, dict[str, Value]]:
        """The parameters of each preset by its name; empty if the file is missing or damaged."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            return {str(name): dict(params) for name, params in found.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}

    def save(self, name: str, params: Mapping[str, Value]) -> None:
        """Save parameters under a name; an earlier preset of this name is replaced.

        Raises
        ------
        InvalidValue
            The name is empty, too long, or the name of an own preset of the operation; or the file cannot be
            written.
        """
        name = name.strip()
        if not 0 < len(name) <= _LONGEST_NAME or name in self._taken:
            constraint = (
                f"1 to {_LONGEST_NAME} characters, and not the name of a preset of {self._operation} itself"
            )
            raise InvalidValue(f"the name of a preset must be {constraint}; got {name!r}.")
        kept = {**self.all(), name: dict(params)}
        write_whole(self.path, json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
