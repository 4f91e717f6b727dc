"""Measure the settings of a tuner with the benchmark engine, while the tuner continues."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from toolkit.apps.widgets.settings import Settings
from toolkit.contracts.backend import backend_named
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.operation import OPERATIONS
from toolkit.contracts.placed import placement_for
from toolkit.core.errors import AtelierError, InvalidValue
from toolkit.images.photos import photo_file
from toolkit.studies.measured_trial import measure


class Measuring:
    """Runs one measurement at a time, and keeps finished measurements.

    Parameters
    ----------
    told : callable
        A function that is called when a measurement begins, and when it ends.
    """

    def __init__(self, *, told: Callable[[], None]) -> None:
        self._told = told
        self._found = dict[tuple[str, str], str]()
        self._thread: threading.Thread | None = None

    @property
    def is_running(self) -> bool:
        """Whether a measurement is running."""
        return self._thread is not None and self._thread.is_alive()

    def found(self, settings: Settings) -> str:
        """The measured time for `settings`, with its confidence interval; ``""`` if these were not measured."""
        return self._found.get((settings.photo, settings.key), "")

    def start(
        self,
        operation: str,
        settings: Settings,
        *,
        size: tuple[int, int],
        plugins: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Start a measurement in a new thread; do nothing if another measurement runs.

        Raises
        ------
        InvalidValue
            The photo has no file, so that a fresh process cannot read it.
        """
        if self.is_running:
            return
        if not photo_file(settings.photo).is_file():
            raise InvalidValue(
                "a measurement reads the photo in fresh processes; give tk.tuner the name or path of a file."
            )
        op, place = OPERATIONS[operation], placement_for(settings.threads, settings.precision)
        backend = settings.backend or op.choose_backend(size[1], size[0], settings.params, place)
        trial = make_trial(
            operation,
            backend,
            params=settings.params,
            threads=settings.threads or min(place.threads, backend_named(backend).most_threads()),
            precision=settings.precision,
            images=(settings.photo,),
            size=size,
            plugins=tuple(plugins),
        )

        def run() -> None:
            try:
                done = measure(trial)
                self._found[settings.photo, settings.key] = str(done)
            except AtelierError as error:
                self._found[settings.photo, settings.key] = f"not measured: {error}"
            finally:
                self._thread = None
                self._told()

        self._thread = threading.Thread(target=run, name="atelier-measuring", daemon=True)
        self._thread.start()
        self._told()
