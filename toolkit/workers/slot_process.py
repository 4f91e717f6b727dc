"""The process of a slot: it prepares an operation once, runs pictures on command and returns their outcomes.

``python -m toolkit.workers.slot_process INBOX OUTBOX`` starts the process; INBOX and OUTBOX are the descriptors of the
files through which arrays arrive and leave. `toolkit.workers.commands` describes how commands are answered.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from toolkit.images.image import Image
from toolkit.workers.array_file import ArrayFile
from toolkit.workers.commands import answer_commands
from toolkit.workers.executor import Work
from toolkit.workers.item import FileTarget, Item, Outcome
from toolkit.workers.picture_job import PictureJob


class _SlotProcess:
    """The child process of a slot; each public method runs one command and returns the answer to the command."""

    lighter_way = ""

    def __init__(self, inbox: int, outbox: int) -> None:
        self._inbox, self._outbox = ArrayFile(inbox), ArrayFile(outbox)

    def open(self, work: dict[str, Any]) -> None:
        """Prepare the operation: import the runtime, load the model or build the kernel."""
        asked = Work.from_dict(work)
        self._job = PictureJob(asked).__enter__()
        self.lighter_way = asked.op.lighter_way(asked.op.resolve(dict(asked.params), size=(480, 640)))

    def run(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Run pictures; output arrays and encoded results are written to the file OUTBOX."""
        outcomes = self._job.run([self._item(**plain) for plain in items])
        results: list[Image | bytes] = [o.content if o.output is None else o.output for o in outcomes]
        places = self._outbox.put(results)
        return [_plain(outcome, place) for outcome, place in zip(outcomes, places, strict=True)]

    def _item(
        self,
        index: int,
        path: str | None,
        place: dict[str, Any] | None,
        is_content: bool,
        target: dict[str, Any] | None,
        work: dict[str, Any] | None,
    ) -> Item:
        source: Image | Path | bytes
        if place is None:
            assert path is not None
            source = Path(path)
        else:
            array = self._inbox.view(**place)
            source = array.tobytes() if is_content else array
        return Item(
            index=index,
            source=source,
            target=None if target is None else _target(**target),
            work=None if work is None else Work.from_dict(work),
        )


def _target(path: str | None, **rest: Any) -> FileTarget:
    return FileTarget(path=None if path is None else Path(path), **rest)


def _plain(outcome: Outcome, place: dict[str, object]) -> dict[str, Any]:
    """The outcome as JSON; `place` is the position of its array or encoded result in the file OUTBOX."""
    plain = vars(replace(outcome, output=None, content=b"", worker=os.getpid()))
    return {
        **{name: value for name, value in plain.items() if name not in ("output", "content")},
        "place": place,
        "is_array": outcome.output is not None,
    }


if __name__ == "__main__":
    answer_commands(_SlotProcess(*map(int, sys.argv[1:])))
