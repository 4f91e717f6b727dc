"""Store the finished rounds of trials whose measurement was stopped, so that the next run continues after these rounds.

The rounds are in an SQLite table of their own, and are deleted when the complete measurement is stored.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable

from toolkit.contracts.identity import fingerprint_id
from toolkit.contracts.measurement import Measurement
from toolkit.results.store.store_file import StoreFile, body_of, json_text


class Rounds:
    """The unfinished measurements of a store.

    Parameters
    ----------
    file : StoreFile
        The SQLite file of the store.
    """

    def __init__(self, file: StoreFile) -> None:
        self._file = file

    def keep(self, group: Iterable[Measurement]) -> None:
        """Store the unfinished measurements of some trials in one transaction.

        An earlier unfinished measurement of the same trial is replaced.

        Raises
        ------
        InvalidValue
            The store cannot be written.
        """
        with self._file.writing() as db:
            for m in group:
                digest = fingerprint_id(m.fingerprint)
                db.execute(
                    "INSERT OR IGNORE INTO fingerprints VALUES (?, ?)", (digest, json_text(m.fingerprint))
                )
                db.execute("INSERT OR REPLACE INTO rounds VALUES (?, ?, ?)", (m.key, digest, body_of(m)))

    def of(self, keys: Collection[str]) -> list[Measurement]:
        """The unfinished measurements of the trials with these keys, in no particular order."""
        rows = self._file.rows(
            "SELECT r.body, f.body FROM rounds r JOIN fingerprints f ON f.hash = r.fingerprint"
            f" WHERE key IN ({', '.join('?' * len(keys))})",
            keys,
        )
        return [Measurement.from_dict({**json.loads(b), "fingerprint": json.loads(f)}) for b, f in rows]
