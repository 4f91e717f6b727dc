"""Lines of a decoder on stderr are collected; those of others are passed on."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from toolkit.images.decoders.decoder_messages import decoder_messages


def test_a_decoders_line_is_collected_and_another_line_goes_on(capfd: pytest.CaptureFixture[str]) -> None:
    with decoder_messages() as messages:
        os.write(2, b"Corrupt JPEG data: premature end of data segment\nanother thread's line\n")
    assert messages == ["Corrupt JPEG data: premature end of data segment"]
    assert capfd.readouterr().err == "another thread's line\n"


def test_an_error_leaves_stderr_as_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError), decoder_messages():
        raise KeyError
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "afterwards\n"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
def test_a_closed_stderr_stays_closed() -> None:
    code = (
        "import os\nfrom toolkit.images.decoders.decoder_messages import decoder_messages\n"
        "with decoder_messages() as messages: os.write(2, b'libpng error: x\\n')\n"
        "try: os.fstat(2)\nexcept OSError: print(messages)\n"
    )
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" -c "$1" 2>&-', sys.executable, code],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "['libpng error: x']\n"
