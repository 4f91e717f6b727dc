"""List the machines of a Dask cluster, and run programs in the one measuring slot that each machine has.

A measuring slot is one unit of the Dask resource ``measure``, so two sweeps never measure on the same machine at the
same time.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.core.child_process import module_command, module_environment
from toolkit.core.errors import Unavailable
from toolkit.workers.cluster import Cluster, Lease, WorkerGone, host_name

RESOURCE = "measure"
_LOOK_S = 1.0  # interval at which the client checks whether the machine is still connected, s

# Dask's nanny process sets these environment variables for its workers. The variables are removed, because
# a user of the machine measures without them.
_SET_BY_DASK = ("MALLOC_TRIM_THRESHOLD_", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")

Files = Mapping[str, npt.NDArray[np.uint8]]
"""Contents of files by relative path, as arrays, because Dask sends arrays without a copy."""


class MachineLeft(Unavailable):
    """The machine has left the cluster, or its worker was killed, before the program ended."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A machine of a cluster.

    Attributes
    ----------
    name : str
        The name of the worker, if the worker declares the resource ``measure`` and the user has named it; otherwise the
        name of the host.
    address : str
        Address of the Dask worker that has the measuring slot.
    """

    name: str
    address: str


def machines(cluster: Cluster) -> dict[str, Machine]:
    """The machines of a cluster that are connected now, by name; each machine without a measuring slot gets one.

    Raises
    ------
    ClusterLost
        The Dask scheduler no longer answers.
    """
    workers, hosts = cluster.workers(), cluster.on_each(host_name)
    declared = {at for at, info in workers.items() if info["resources"].get(RESOURCE)}
    with_slot = {hosts.get(at) for at in declared}
    found: dict[str, Machine] = {}
    for at in sorted(workers, key=lambda at: (at not in declared, at)):
        host, name = hosts.get(at), workers[at]["name"]
        if not isinstance(host, str):
            continue  # the worker has left the cluster in the meantime
        if at in declared:
            own = name if isinstance(name, str) and name != at else host
            found.setdefault(own, Machine(name=own, address=at))
        elif host not in with_slot:
            with_slot.add(host)
            cluster.client.run(_give_slot, workers=[at], on_error="ignore")
            found.setdefault(host, Machine(name=host, address=at))
    return found


async def _give_slot(dask_worker: Any) -> None:
    await dask_worker.set_resources(**{RESOURCE: 1})


def ask(
    cluster: Cluster, machine: Machine, module: str, request: Mapping[str, Any], files: Files
) -> dict[str, Any]:
    """Run a module as a program in the measuring slot of a machine, and wait for its answer.

    Parameters
    ----------
    module : str
        Name of the module: it reads `request` as JSON from stdin and writes its answer as a line of JSON to stdout.
    files : mapping of relative path to array
        Files that are put into the working folder of the program.

    Raises
    ------
    MachineLeft
        The machine has left the cluster before the program ended.
    ClusterLost
        The Dask scheduler no longer answers.
    Unavailable
        The program failed.
    """
    future = cluster.client.submit(
        run_program,
        module,
        json.dumps(request),
        dict(files),
        cluster.lease,
        workers=[machine.address],
        resources={RESOURCE: 1},
        pure=False,
    )
    try:
        while True:
            try:
                answer: dict[str, Any] = cluster.result(future, timeout_s=_LOOK_S)
                break
            except (TimeoutError, WorkerGone) as error:
                if isinstance(error, WorkerGone) or machine.address not in cluster.workers():
                    raise MachineLeft(f"machine {machine.name!r} has left the cluster.") from error
    finally:
        future.cancel()
    if "error" in answer:
        raise Unavailable(f"machine {machine.name!r}: {answer['error']}")
    return answer


def run_program(module: str, request: str, files: Files, lease: str) -> dict[str, Any]:
    """Run a Python module in a process of its own on the Dask worker; the process is killed when the client is gone."""
    held = Lease(lease)
    if not held.is_held():
        return {"error": "the computer that asked for this program has disconnected."}
    environment = {name: text for name, text in module_environment().items() if name not in _SET_BY_DASK}
    with tempfile.TemporaryDirectory(prefix="atelier-slot-") as folder, tempfile.TemporaryFile() as said:
        for name, content in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.tobytes())
        process = subprocess.Popen(
            module_command(module),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            cwd=folder,
            env=environment,
        )
        end_watch = held.call_when_lost(process.kill)
        try:
            answer, _ = process.communicate(request.encode())
        finally:
            end_watch()
            process.kill()
            process.wait()
        lines = [line for line in answer.decode().splitlines() if line.strip()]
        if process.returncode or not lines:
            said.seek(0)
            last = [line for line in said.read().decode(errors="replace").splitlines() if line.strip()]
            why = f": {last[-1].strip()}" if last else ""
            return {"error": f"program {module} ended with exit code {process.returncode}{why}."}
        return dict(json.loads(lines[-1]))
