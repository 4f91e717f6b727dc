"""Run pictures on the workers of a Dask cluster; a Dask worker runs chunks of pictures in child processes."""

from __future__ import annotations

from typing import Any

from toolkit.core.errors import Unavailable
from toolkit.core.params import Param
from toolkit.workers.chunk_pool import ChunkPool
from toolkit.workers.cluster import Cluster
from toolkit.workers.executor import Executor, Pool, PoolSettings, Work


class _Dask(Executor):
    name, isolates = "dask", True
    help = (
        "workers of a Dask cluster, each with a long-lived child process; without an address, on this machine"
    )
    options = (
        Param(
            name="address", default="", help="address of the Dask scheduler; empty: a cluster on this machine"
        ),
        Param(
            name="chunk",
            default=16,
            low=1,
            high=256,
            help="largest number of pictures in one message to a worker",
        ),
        Param(
            name="shared_folder",
            default=False,
            help="send the paths of pictures and not their bytes, because all machines see the same folders",
        ),
    )

    def _open(self, work: Work, settings: PoolSettings) -> Pool:
        local = None if settings.options["address"] else _local_cluster(settings.workers)
        address = str(settings.options["address"]) if local is None else local.scheduler_address
        try:
            return ChunkPool(
                work,
                lambda: Cluster(address),
                timeout_s=settings.timeout_s,
                in_flight=settings.in_flight,
                most=int(settings.options["chunk"]),
                sends_paths=local is not None or bool(settings.options["shared_folder"]),
                local=local,
            )
        except BaseException:
            if local is not None:
                local.close()
            raise


def _local_cluster(workers: int) -> Any:
    try:
        from distributed import LocalCluster
    except ModuleNotFoundError as error:
        raise Unavailable("executor dask needs Dask; run pip install -e '.[cluster]'.") from error
    # Here the Dask workers are threads of this process, because each picture runs in a child process anyway. The
    # cluster then starts at once, and a script needs no guard for spawned processes.
    return LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=workers,
        threads_per_worker=1,
        processes=False,
        dashboard_address=":0",
        memory_limit=0,
        silence_logs=50,
    )


EXECUTOR = _Dask()
