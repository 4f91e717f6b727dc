"""The queue that carries the names of items: Celery's settings, and how a message is sent.

This module imports neither numpy nor any runtime, because the main process of a worker holds it.
"""

from __future__ import annotations

from typing import Any

from toolkit.core.errors import Unavailable

TASK = "atelier.run"
VISIBILITY_S = 30.0
"""Celery hands the message of a worker that died to another one after this time, s; a beat extends it."""
UNACKNOWLEDGED = "unacked_index"
"""Where the transport keeps the time from which that counts, for each message that a worker holds."""


def queue_name(sources: str) -> str:
    """The queue of the workers that run these sources: other workers never see its messages."""
    return f"atelier-{sources}"


def queue_app(broker: str, *, visibility_s: float = VISIBILITY_S) -> Any:
    """A Celery application that speaks JSON alone, and keeps no results.

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
    """Sends the names of items.

    Parameters
    ----------
    broker, queue : str
    """

    def __init__(self, broker: str, queue: str) -> None:
        self._app, self._queue = queue_app(broker), queue

    def send(self, client: str, serial: int, attempt: int) -> None:
        """Send one message.

        Raises
        ------
        OSError
            The server is gone.
        """
        from kombu.exceptions import KombuError

        # Not `send_task`: it makes an AsyncResult, which a web process must not touch.
        name = f"{client}-{serial}-{attempt}"
        message = self._app.amqp.as_task_v2(name, TASK, args=(client, serial, attempt), ignore_result=True)
        try:
            with self._app.amqp.producer_pool.acquire(block=True) as producer:
                self._app.amqp.send_task_message(producer, TASK, message, queue=self._queue, retry=False)
        except KombuError as error:
            raise OSError(str(error)) from error

    def close(self) -> None:
        """Close the connections."""
        self._app.close()
