"""A large picture that a network runs in tiles shows its progress in a terminal, and nothing elsewhere."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

import toolkit as tk


def test_tiles_are_counted_in_a_terminal_alone(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("torch")
    picture = tk.save(tk.photo("coffee")[:96, :128].copy(), tmp_path / "small.png")
    words = ["apply", "fsrcnn", str(picture), str(tmp_path / "out.png"), "--tile", "32", "--force"]
    command = [sys.executable, "-m", "toolkit", *words, "--weights", "untrained"]
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.set_blocking(ours, False)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=theirs)
    shown = os.read(ours, 65_536).decode()
    assert "/12 " in shown and "tile" in shown
    elsewhere = subprocess.run(command, check=True, capture_output=True, text=True)
    assert elsewhere.stderr == ""
    os.close(ours)
    os.close(theirs)
