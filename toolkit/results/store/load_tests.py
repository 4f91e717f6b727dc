"""Store load tests of web services, with every request, in the file of the measurements."""

from __future__ import annotations

import json

from toolkit.contracts.identity import fingerprint_id
from toolkit.contracts.load_test import LoadTest
from toolkit.results.store.store_file import StoreFile, json_text


class LoadTests:
    """The load tests of web services in a store.

    Parameters
    ----------
    file : StoreFile
        The SQLite file of the store.
    """

    def __init__(self, file: StoreFile) -> None:
        self._file = file

    def add(self, test: LoadTest) -> None:
        """Append a load test, which is on disk when this method returns.

        Raises
        ------
        InvalidValue
            The store cannot be written.
        """
        digest = fingerprint_id(test.fingerprint)
        body = test.to_dict()
        machine = json_text(body.pop("fingerprint"))
        with self._file.writing() as db:
            db.execute("INSERT OR IGNORE INTO fingerprints VALUES (?, ?)", (digest, machine))
            db.execute(
                "INSERT INTO load_tests (began, target, fingerprint, body) VALUES (?, ?, ?, ?)",
                (test.began, test.target, digest, json_text(body)),
            )

    def all(self, *, target: str | None = None) -> list[LoadTest]:
        """The load tests of one service, or of all services, in the order in which they were added."""
        query = "SELECT l.body, f.body FROM load_tests l JOIN fingerprints f ON f.hash = l.fingerprint"
        where = "" if target is None else " WHERE target = ?"
        rows = self._file.rows(f"{query}{where} ORDER BY id", () if target is None else (target,))
        return [
            LoadTest.from_dict({**json.loads(body), "fingerprint": json.loads(machine)})
            for body, machine in rows
        ]
