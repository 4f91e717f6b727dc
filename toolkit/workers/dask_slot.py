"""Run chunks of pictures inside a Dask worker, in child processes (slots) that end when the client disconnects."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import AtelierError
from toolkit.workers.client_slots import ClientSlots
from toolkit.workers.cluster import Cluster, Lease, WorkerGone, source_digest
from toolkit.workers.executor import Work
from toolkit.workers.item import FileTarget, Item, Outcome

Bytes = npt.NDArray[np.uint8]


_of_client: dict[str, ClientSlots] = {}
_lock = threading.Lock()


def _forget(lease: str) -> None:
    _of_client.pop(lease, None)


def travelling(work: Work) -> dict[str, Any]:
    """Operation and settings as a dict for a Dask worker, with the hash that the files on this worker must have."""
    return {**work.to_dict(), "content_id": work.content_id}


def _slots(work: Mapping[str, Any], timeout_s: float | None, lease: str) -> ClientSlots:
    """The slots (child processes) of a client, which end when the connection of the client ends."""
    with _lock:
        if lease not in _of_client:
            asked = {name: value for name, value in work.items() if name != "content_id"}
            slots = ClientSlots(
                Work.from_dict(asked),
                timeout_s,
                content_id=work["content_id"],
                on_close=partial(_forget, lease),
            )
            Lease(lease).call_when_lost(slots.close)
            _of_client[lease] = slots
        return _of_client[lease]


def close_all() -> None:
    """Kill the child processes of all clients on this Dask worker."""
    for slots in list(_of_client.values()):
        slots.close()


atexit.register(close_all)


def prepare(work: Mapping[str, Any], timeout_s: float | None, lease: str) -> AtelierError | None:
    """Start a slot (child process) for an operation; returns the error if the operation cannot run on this machine."""
    try:
        slots = _slots(work, timeout_s, lease)
        slots.give_back(slots.take())
    except AtelierError as error:
        return error
    return None


def pids(lease: str) -> list[int]:
    """Process ids of the child processes that work for a client on this Dask worker."""
    slots = _of_client.get(lease)
    return [] if slots is None else slots.pids


def stop(lease: str, index: int) -> None:
    """Stop a picture of a client on this Dask worker."""
    slots = _of_client.get(lease)
    if slots is not None:
        slots.stop(index)


def packed(item: Item) -> dict[str, Any]:
    """The form in which Dask sends a picture: bytes are arrays, because Dask sends arrays without a copy."""
    source = np.frombuffer(item.source, np.uint8) if isinstance(item.source, bytes) else item.source
    return {
        "index": item.index,
        "source": source,
        "is_content": isinstance(item.source, bytes),
        "target": item.target,
        "work": item.work,
        "timeout_s": item.timeout_s,
    }


def _unpacked(
    index: int,
    source: Any,
    is_content: bool,
    target: FileTarget | None,
    work: Work | None,
    timeout_s: float | None,
) -> Item:
    given = source.tobytes() if is_content else source
    return Item(index=index, source=given, target=target, work=work, timeout_s=timeout_s)


def run_chunk(
    work: Mapping[str, Any],
    items: list[dict[str, Any]],
    timeout_s: float | None,
    lease: str,
    sources: str,
) -> list[tuple[Outcome, Bytes]] | str:
    """Run pictures one after the other in a slot (child process).

    Returns
    -------
    list of (Outcome, array), or str
        Each outcome, with its encoded result as an array beside it; or a text that says why this worker runs none of
        the pictures.
    """
    if sources != source_digest():
        return "has other source files of Atelier than the computer that sends the pictures."
    try:
        slots = _slots(work, timeout_s, lease)
        slot = slots.take()
    except AtelierError as error:
        return str(error)
    try:
        outcomes = [slots.run(slot, _unpacked(**plain)) for plain in items]
    finally:
        slots.give_back(slot)
    return [(replace(outcome, content=b""), np.frombuffer(outcome.content, np.uint8)) for outcome in outcomes]


def prepare_everywhere(
    cluster: Cluster, work: Mapping[str, Any], timeout_s: float | None, *, names_worker: bool
) -> None:
    """Let every worker of a Dask cluster start a child process and prepare the operation.

    Parameters
    ----------
    names_worker : bool
        Whether the message of an error names the worker.

    Raises
    ------
    InvalidValue, Unavailable, Unsupported
        A worker cannot prepare the operation; the first such error is raised. A worker that has
        left the cluster is ignored.
    """
    names, arguments = cluster.names(), (work, timeout_s, cluster.lease)
    asked = {at: cluster.client.submit(prepare, *arguments, workers=[at], pure=False) for at in names}
    for at, future in asked.items():
        error = None
        while True:
            try:
                error = cluster.result(future, timeout_s=1.0)
                break
            except TimeoutError:
                if at not in cluster.workers():
                    break
            except WorkerGone:
                break
        if error is not None:
            raise type(error)(f"worker {names[at]}: {error}" if names_worker else str(error))
