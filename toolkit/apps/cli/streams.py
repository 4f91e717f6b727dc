"""Make standard output robust: a closed pipe or a character that the terminal cannot show never stops a command."""

from __future__ import annotations

import io
import os
import sys


class PatientStream(io.TextIOWrapper):
    """Text output that writes to the null device after the reader has closed the pipe, as ``head`` does."""

    lost_its_reader = False

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except BrokenPipeError:
            return self._go_on(len(text))

    def flush(self) -> None:
        try:
            super().flush()
        except BrokenPipeError:
            self._go_on(0)

    def _go_on(self, n_characters: int) -> int:
        self.lost_its_reader = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())  # buffered text goes to the null device, too
        os.close(nowhere)
        return n_characters


def prepare() -> None:
    r"""Replace standard output and error by `PatientStream`, and open closed standard streams on the null device.

    Characters that the encoding of a stream lacks are written as an escape: ``caf\xe9``.
    """
    for number, name in ((0, "stdin"), (1, "stdout"), (2, "stderr")):
        stream = getattr(sys, name)
        if stream is None:
            _open_nowhere(number)
            setattr(sys, name, os.fdopen(number, "r" if number == 0 else "w", closefd=False))
        elif number and type(stream) is io.TextIOWrapper:  # tests replace the streams by other classes
            stream.flush()
            patient = PatientStream(
                stream.buffer,
                encoding=stream.encoding,
                errors="backslashreplace",
                line_buffering=stream.line_buffering,
                write_through=stream.write_through,
            )
            setattr(sys, name, patient)


def has_lost_its_reader() -> bool:
    """Whether the reader of standard output closed the pipe."""
    return isinstance(sys.stdout, PatientStream) and sys.stdout.lost_its_reader


def _open_nowhere(number: int) -> None:
    """Open the null device on a closed standard descriptor, so that no file opened later gets this descriptor."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)
