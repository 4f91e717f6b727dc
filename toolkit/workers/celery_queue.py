"""The settings of the Celery queue, and the sending of its messages, each of which names one picture.

This module imports neither numpy nor any runtime, because the main process of a worker, which must stay
small, imports this module.
"""

from __future__ import annotations

from typing import Any

from toolkit.core.errors import Unavailable

TASK = "atelier.run"
VISIBILITY_S = 30.0
"""Time after which Celery gives the message of a dead worker to another worker, s; a live worker extends this time."""
UNACKNOWLEDGED = "unacked_index"
"""Redis key under which Celery's transport keeps, for each message that a worker holds, when the worker got it."""


def queue_name(sources: str) -> str:
    """Name of the queue for workers with the same source files: workers with other sources never get its messages."""
    return f"atelier-{sources}"


def queue_app(broker: str, *, visibility_s: float = VISIBILITY_S) -> Any:
    """Make a Celery application that accepts only JSON and stores no results.

    Raises
    ------
    Unavailable
        Celery is not installed.
    """
    try:
        from celery import Celery
    except ModuleNotFoundError as error:
        raise Unavailable("executor celery needs Celery; run pip install -e '.[queue]'.") from error
    app = Celery("atelier", broker=broker, set_as_current=False)
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "visibility_timeout": visibility_s,
            "unacked_restore_interval": 1,
            "unacked_restore_throttle": 1,
            "socket_connect_timeout": 2,
            "socket_keepalive": True,
        },
    )
    return app


class Messages:
    """Sends messages to a Celery queue; each message names one picture to run.

    Parameters
    ----------
    broker, queue : str
        Address of the Redis server, and name of the Celery queue.
    """

    def __init__(self, broker: str, queue: str) -> None:
        self._app, self._queue = queue_app(broker), queue

    def send(self, client: str, serial: int, attempt: int) -> None:
        """Send the message that names one attempt to run a picture.

        Raises
        ------
        OSError
            The Redis server does not answer.
        """
        from kombu.exceptions import KombuError

        # Celery's `send_task` is not used, because it makes an AsyncResult, which is not safe in a web process.
        name = f"{client}-{serial}-{attempt}"
        message = self._app.amqp.as_task_v2(name, TASK, args=(client, serial, attempt), ignore_result=True)
        try:
            with self._app.amqp.producer_pool.acquire(block=True) as producer:
                self._app.amqp.send_task_message(producer, TASK, message, queue=self._queue, retry=False)
        except KombuError as error:
            raise OSError(str(error)) from error

    def close(self) -> None:
        """Close the connections to the Redis server."""
        self._app.close()
