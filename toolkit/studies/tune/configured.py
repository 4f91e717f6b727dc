"""Run a configuration on pictures: a callable that opens a runtime once, and closes the runtime after ``with``."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from toolkit.contracts.kernel import BuiltKernel
from toolkit.contracts.memory_fit import fitted
from toolkit.contracts.operation import Operation
from toolkit.contracts.placed import Placed, wrong_size
from toolkit.contracts.trial import Trial
from toolkit.core.errors import InvalidValue
from toolkit.images.image import Image, check
from toolkit.studies.tune.configuration import Configuration, read_configuration, warn_of_difference


class ConfiguredOperation:
    """A callable that runs an operation on a picture with the settings of a configuration.

    All pictures run in one separate thread, because runtimes keep settings for each thread; calls from
    several threads run one after the other. The first call opens the runtime, which stays open until
    `close` is called or the ``with`` block ends.

    Parameters
    ----------
    configuration : Configuration
        The operation with the settings to run.

    Raises
    ------
    Unavailable, Unsupported
        The runtime is missing on this machine, or cannot run the operation.

    Attributes
    ----------
    configuration : Configuration
        The operation with the settings that run.
    """

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        for part in self.trial.parts:
            part.check()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="atelier-configured")
        self._is_closed = False
        self._stack = ExitStack()
        self._steps: list[BuiltKernel] | None = None
        self._runtimes: dict[str, Any] = {}
        self._kernels: dict[tuple[str, tuple[tuple[str, object], ...]], BuiltKernel] = {}

    @property
    def trial(self) -> Trial:
        """The trial with the settings of the configuration."""
        return self.configuration.trial

    @property
    def operation(self) -> Operation:
        """The operation that a call of the configuration runs."""
        return self.trial.op

    def __call__(self, image: Image) -> Image:
        """Run the operation on one picture.

        Parameters
        ----------
        image : ndarray, uint8 (H, W, 3), BGR
            The picture, which is not changed. An operation that ``keeps_alpha`` also accepts (H, W, 4), BGRA.

        Returns
        -------
        ndarray, uint8 (H, W, C)
            The result of the operation, as `toolkit.apply` returns a result.

        Raises
        ------
        InvalidValue, Unavailable, Unsupported, TrialFailed
        """
        return self.many([image])[0]

    def many(self, images: Sequence[Image]) -> list[Image]:
        """Run the operation on several pictures, in batches of the configured size; keep the order of the pictures.

        Raises
        ------
        InvalidValue, Unavailable, Unsupported, TrialFailed
        """
        if self._is_closed:
            raise InvalidValue("the configuration is closed; load it again with tk.load_config.")
        return self._thread.submit(self._run, list(images)).result()

    def close(self) -> None:
        """Close the runtime and release its memory."""
        if not self._is_closed:
            self._is_closed = True
            self._thread.submit(self._stack.close).result()
            self._thread.shutdown()

    def __enter__(self) -> ConfiguredOperation:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"ConfiguredOperation({self.trial})"

    def _run(self, images: list[Image]) -> list[Image]:
        op = self.operation
        steps = self._opened_steps()
        pictures = [check(image, op.name, channels=op.channels_in) for image in images]
        for step in steps:
            pictures = [step(picture) for picture in pictures]
        found: list[Image] = []
        for first in range(0, len(pictures), self.trial.batch):
            found += self._together(pictures[first : first + self.trial.batch])
        return found

    def _together(self, pictures: list[Image]) -> list[Image]:
        largest = max(pictures, key=lambda picture: picture.shape[0] * picture.shape[1])
        placed = self._placed(largest)
        try:
            kernel = self._kernel(placed)
            return [kernel(pictures[0])] if len(pictures) == 1 else kernel.batch(pictures)
        except Exception as error:
            raise placed.failure(error) from error

    def _placed(self, picture: Image) -> Placed:
        """The operation for a picture; it runs in tiles if the whole picture needs more memory than is free."""
        height, width = picture.shape[:2]
        placed = self.trial.placed
        if not self.configuration.names_backend:
            name = placed.op.choose_backend(height, width, placed.params, placed.placement)
            placed = self.trial.with_(backend=name).placed
        refused = wrong_size(placed.op, picture, placed.params, placed.backend.entry)
        if refused is not None:
            raise refused
        return fitted(placed, height, width)

    def _kernel(self, placed: Placed) -> BuiltKernel:
        key = placed.backend.entry, tuple(placed.params.items())
        if key not in self._kernels:
            if placed.backend.entry not in self._runtimes:
                session = placed.backend.session(placed.placement)
                self._runtimes[placed.backend.entry] = self._stack.enter_context(session)
            self._kernels[key] = placed.checked(placed.build(self._runtimes[placed.backend.entry]))
        return self._kernels[key]

    def _opened_steps(self) -> list[BuiltKernel]:
        if self._steps is None:
            before = self.trial.parts[:-1]
            self._steps = [self._stack.enter_context(part.opened()) for part in before]
        return self._steps


def load_config(path: str | Path) -> ConfiguredOperation:
    """Load a configuration that ``atelier tune --out FILE`` wrote, as a callable with fixed settings.

    A warning is logged if the settings were found on another machine or with other versions.

    Parameters
    ----------
    path : str or Path
        The configuration file.

    Returns
    -------
    ConfiguredOperation
        The operation with the settings of the file: a callable, and a context manager.

    Raises
    ------
    UnknownName, InvalidValue
        The file is not a configuration, or a name or value in the file is wrong.
    Unavailable
        The runtime is not installed; the message gives the command that installs the runtime.

    Examples
    --------
    >>> import toolkit as tk
    >>> with tk.load_config("anime.yaml") as anime:  # doctest: +SKIP
    ...     tk.save(anime(tk.load("photo.jpg")), "anime.png")
    """
    configuration = read_configuration(path)
    configured = ConfiguredOperation(configuration)
    warn_of_difference(configuration)
    return configured
