"""The tuning widget in real, fresh kernels: a drag whose messages reach two event loops ends in a picture."""

from __future__ import annotations

import contextlib
import time

import pytest

jupyter_client = pytest.importorskip("jupyter_client")

OPEN = """
import numpy as np
import toolkit as tk
explorer = tk.explore("oil_painting", np.resize(tk.photo("coffee"), (480, 640, 3)), backend="opencv", threads=1)
print(explorer._controls["size"].comm.comm_id, explorer._status.comm.comm_id)
"""
FAIL = """
def fail(*_, **__):
    raise ZeroDivisionError("a fault of the filter")
compute, explorer._compute = explorer._compute, fail
"""
MEND = "explorer._compute = compute"
PATIENCE_S = 60


@contextlib.contextmanager
def fresh_kernel():
    manager, client = jupyter_client.manager.start_new_kernel(
        kernel_name="python3", startup_timeout=PATIENCE_S
    )
    try:
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def printed(client, code):
    found = []

    def keep(message):
        assert message["msg_type"] != "error", message["content"]
        if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
            found.append(message["content"]["text"])

    client.execute_interactive(code, output_hook=keep, timeout=PATIENCE_S)
    return "".join(found)


def move(client, comm_id, value, *, subshell=None):
    data = {"method": "update", "state": {"value": value}, "buffer_paths": []}
    message = client.session.msg("comm_msg", {"comm_id": comm_id, "data": data})
    message["header"]["subshell_id"] = subshell
    client.shell_channel.send(message)


def new_subshell(client):
    client.control_channel.send(client.session.msg("create_subshell_request", {}))
    return client.get_control_msg(timeout=PATIENCE_S)["content"]["subshell_id"]


def status_after(client, comm_id, word):
    """The status line once it has the word; the last one seen, if none has."""
    shown, deadline = "", time.monotonic() + PATIENCE_S
    while word not in shown and time.monotonic() < deadline:
        with contextlib.suppress(Exception):
            content = client.get_iopub_msg(timeout=1)["content"]
            if content.get("comm_id") == comm_id:
                shown = content["data"].get("state", {}).get("value", shown)
    return shown


@pytest.mark.parametrize("number", range(2))
def test_a_drag_that_reaches_two_event_loops_ends_in_a_picture(number):
    with fresh_kernel() as client:
        size, status = printed(client, OPEN).split()
        subshell = new_subshell(client)
        move(client, size, 9)
        assert "working" in status_after(client, status, "working")
        move(client, size, 10, subshell=subshell)  # as JupyterLab does once its subshell is there
        move(client, size, 11, subshell=subshell)
        assert " ms" in status_after(client, status, " ms")
        assert printed(client, "print(explorer.value['size'])").strip() == "11"


def test_a_fault_is_said_and_the_next_move_works_again():
    with fresh_kernel() as client:
        size, status = printed(client, OPEN).split()
        printed(client, FAIL)
        move(client, size, 9)
        assert "a fault of the filter" in status_after(client, status, "fault")
        printed(client, MEND)
        move(client, size, 8)
        assert " ms" in status_after(client, status, " ms")
