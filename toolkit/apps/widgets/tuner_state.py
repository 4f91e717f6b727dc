"""The state of a tuner, for reading: its settings, pictures, history and costs."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolkit.apps.widgets.copied_code import call_text, copies
from toolkit.apps.widgets.costs import Costs
from toolkit.apps.widgets.live_loop import Job
from toolkit.apps.widgets.photos import Photos
from toolkit.apps.widgets.saved_presets import SavedPresets
from toolkit.apps.widgets.settings import Moves, Settings
from toolkit.apps.widgets.tries import Tries, Try
from toolkit.apps.widgets.views import View
from toolkit.contracts.backend import BACKENDS, backend_named
from toolkit.contracts.operation import OPERATIONS, Operation
from toolkit.contracts.placed import placement_for
from toolkit.contracts.registry import loaded_plugins
from toolkit.core.choices import Precision
from toolkit.core.errors import AtelierError, InvalidValue, Unavailable, Unsupported
from toolkit.core.params import Value
from toolkit.images.image import Image
from toolkit.workers.live_worker import Rendered


class TunerState:
    """Settings, pictures, history and costs of a tuner.

    Attributes
    ----------
    costs : Costs
        Time, memory and other costs of the latest picture.
    lock : RLock
        Lock that a thread holds while the thread changes the tuner's state.
    """

    def __init__(self, operation: str, image: Image, first: Settings) -> None:
        self._op = OPERATIONS[operation]
        if OPERATIONS.source(operation) is None:
            raise InvalidValue(
                f"a tuner runs {operation} in new processes, but {operation} exists only in this process: define it "
                "in a file, and load the file with --plugin or tk.load_plugin(path)."
            )
        self._photos = Photos(first.photo, image)
        self.lock = threading.RLock()
        self._answered = threading.Condition(self.lock)
        self._page: Any = None
        self._moves, self._number, self._view = Moves([first]), 0, View()
        self._shown: tuple[Job, Rendered, bool] | None = None
        self._exact: tuple[Job, Rendered] | None = None  # the latest full picture
        self._failure: tuple[int, Exception] | None = None
        self._ran = set[tuple[str | None, str]]()
        self._presets = SavedPresets(operation, self._op.presets)
        self._tries = Tries(operation, image, first.photo)
        self.costs = Costs()

    @property
    def value(self) -> dict[str, Value]:
        """The present value of every parameter of the operation, by name."""
        return dict(self.settings.params)

    @property
    def settings(self) -> Settings:
        """The present settings: photo, parameters, backend, threads and precision."""
        with self.lock:
            return self._moves.now

    @property
    def op(self) -> Operation:
        """The operation whose parameters are tuned."""
        return self._op

    @property
    def operation(self) -> str:
        """The name of the operation."""
        return self._op.name

    @property
    def plugins(self) -> tuple[tuple[str, str], ...]:
        """Path and SHA-256 of the plug-in files that define the operation or one of its backends."""
        loaded = loaded_plugins()
        if not loaded:
            return ()
        backends = {entry.partition(":")[0] for entry in self._op.ways()}
        files = {OPERATIONS.source(self.operation), *map(BACKENDS.source, backends)}
        return tuple((path, sha) for path, sha in loaded if Path(path) in files)

    @property
    def photo(self) -> Image:
        """The photo, uint8 (H, W, 3), BGR."""
        return self._photos[self.settings.photo]

    @property
    def photo_names(self) -> list[str]:
        """Names of the photos from which a user may choose."""
        return self._photos.names()

    @property
    def number(self) -> int:
        """The number of the latest move, which is a change of the settings."""
        return self._number

    @property
    def view(self) -> View:
        """The region of the picture that the page shows."""
        return self._view

    @property
    def shown(self) -> tuple[Job, Rendered, bool] | None:
        """The latest job, its picture, and whether that is exact (no preview); None before the first picture."""
        return self._shown

    @property
    def exact(self) -> tuple[Job, Rendered] | None:
        """The latest full picture (no preview) and its job; None before the first full picture."""
        return self._exact

    @property
    def backend(self) -> str | None:
        """The requested backend; None if the operation chooses the backend."""
        return self.settings.backend

    @property
    def is_new_way(self) -> bool:
        """Whether the backend of the latest move has not run yet, so that this backend may have to compile first."""
        how = self.settings
        if (how.backend, how.precision) in self._ran:
            return False
        name = how.backend or self._op.prefer[0]
        return bool(backend_named(name).cold_environment(placement_for(how.threads), Path()))

    @property
    def took_s(self) -> float:
        """Time of the single call that made the latest picture, without set-up, s."""
        return self._shown[1].took_s if self._shown else float("nan")

    @property
    def failure(self) -> Exception | None:
        """The error of the latest move; None if the move has a picture or its picture is being computed."""
        failed = self._failure
        return failed[1] if failed is not None and failed[0] == self._number else None

    @property
    def error(self) -> str:
        """The message of the error of the latest move; ``""`` if the move has no error."""
        found = self.failure
        if found is None:
            return ""
        return str(found) if isinstance(found, AtelierError) else f"{type(found).__name__}: {found}"

    @property
    def is_missing(self) -> bool:
        """Whether the latest move failed because a backend is not installed, or cannot run the operation."""
        return isinstance(self.failure, Unavailable | Unsupported)

    @property
    def history(self) -> list[Try]:
        """Every full picture of this operation on this photo, oldest first, including pictures of earlier kernels."""
        with self.lock:
            return self._tries.all()

    @property
    def presets(self) -> list[str]:
        """Names of the operation's own presets and of the presets that users have saved."""
        return list(dict.fromkeys([*self._op.presets, *self._presets.all()]))

    @property
    def code(self) -> str:
        """Python code that makes the latest picture from a photo in the variable ``image``."""
        return call_text(self._op.name, self.settings.run, self.settings.changed(self._op))

    def code_of(self, job: Job) -> str:
        """Python code that makes the picture of a job from a photo in the variable ``image``."""
        return call_text(self._op.name, job.settings.run, job.settings.changed(self._op))

    @property
    def copies(self) -> dict[str, str]:
        """The settings as Python, as a command, as YAML and as the parameters of a notebook."""
        how = self.settings
        return copies(self._op.name, how.photo, how.run, how.changed(self._op), plugins=self.plugins)

    def _wanted(self, run: Mapping[str, Any], params: Mapping[str, Value]) -> Settings:
        """The present settings with some values changed, after a check of the new values."""
        now = self._moves.now
        photo = str(run.get("photo", now.photo))
        size = self._photos[photo].shape[:2]
        saved = self._presets.all().get(str(params.get("preset"))) if "preset" in params else None
        if saved is not None and params["preset"] not in self._op.presets:
            params = {**saved, **{name: value for name, value in params.items() if name != "preset"}}
        elif "preset" not in params:
            params = {**now.params, **params}
        wanted = Settings(
            photo=photo,
            params=self._op.resolve(params, size=size),
            backend=run.get("backend", now.backend) or None,
            threads=run.get("threads", now.threads) or None,
            precision=Precision.check(run.get("precision", now.precision), "precision", "a tuner"),
        )
        self._check(wanted)
        return wanted

    def _check(self, wanted: Settings) -> None:
        placement = placement_for(wanted.threads, wanted.precision)
        if wanted.backend is None:
            height, width = self._photos[wanted.photo].shape[:2]
            self._op.choose_backend(height, width, wanted.params, placement)
            return
        chosen = backend_named(wanted.backend)
        chosen.check(placement)
        if not self._op.runs_on(chosen, wanted.params):
            ways = ", ".join(self._op.ways())
            raise Unsupported(f"{self._op.name} cannot run on backend {wanted.backend!r}; it runs on {ways}.")
