"""The state of a tuner: an operation's parameters, the picture that they make, and the history of both."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping
from time import monotonic
from typing import Any

from toolkit.apps.widgets.copied_code import call_text, copies
from toolkit.apps.widgets.live_loop import PREVIEW_SIDE_PX, Job, LiveLoop
from toolkit.apps.widgets.tries import Tries, Try
from toolkit.contracts.backend import backend_named
from toolkit.contracts.operation import OPERATIONS, Operation
from toolkit.contracts.placed import placement_for
from toolkit.core import units
from toolkit.core.errors import AtelierError, TrialFailed, Unavailable, Unsupported
from toolkit.core.params import Value
from toolkit.images.image import Image
from toolkit.results.pictures.shrunk import jpeg_of, shrunk
from toolkit.workers.live_worker import LiveWorker, Rendered

_ANSWER_S = 600.0
_DRAG_S = 1.0  # longest pause between two moves of one drag, s


class Tuner:
    """An operation's parameters, the picture that they make, and the history of both; made by the function `tuner`."""

    def __init__(
        self, operation: str, image: Image, *, photo_name: str, backend: str | None, threads: int | None
    ) -> None:
        self._op, self._image, self._photo_name = OPERATIONS[operation], image, photo_name
        self._threads = threads
        self._checked_backend(backend)
        self._lock = threading.RLock()
        self._answered = threading.Condition(self._lock)
        self._page: Any = None
        self._dragged, self._dragged_s = set[str](), 0.0
        self._states: list[tuple[dict[str, Value], str | None]] = [(self._op.resolve({}), backend)]
        self._at, self._number = 0, 0
        self._shown: tuple[int, Rendered, bool] | None = None
        self._error, self._failure_number = "", -1
        self._failure: Exception | None = None
        self._tries = Tries()
        height, width = image.shape[:2]
        pixels, share = height * width, min(1.0, PREVIEW_SIDE_PX / max(height, width))
        self._worker = LiveWorker(image)
        self._loop = LiveLoop(
            self._worker, pixels=pixels, preview_pixels=round(pixels * share**2), show=_weak(self)
        )
        self._end = weakref.finalize(self, self._loop.close)
        self._post()

    @property
    def value(self) -> dict[str, Value]:
        """The value of every parameter."""
        with self._lock:
            return dict(self._states[self._at][0])

    @property
    def op(self) -> Operation:
        """The operation whose parameters are tuned."""
        return self._op

    @property
    def operation(self) -> str:
        """The name of the operation."""
        return self._op.name

    @property
    def photo(self) -> Image:
        """The photo, uint8 (H, W, 3), BGR."""
        return self._image

    @property
    def number(self) -> int:
        """The number of the latest move."""
        return self._number

    @property
    def shown(self) -> tuple[int, Rendered, bool] | None:
        """The number of the move, the latest picture, and whether it is exact; None before the first picture."""
        return self._shown

    @property
    def backend(self) -> str | None:
        """The requested backend; None if the operation chooses the backend."""
        return self._states[self._at][1]

    @property
    def result(self) -> Image:
        """The full picture that ``tk.apply`` makes with `value`; waits until the picture is computed.

        Raises
        ------
        AtelierError
            The operation failed.
        """
        with self._answered:
            number = self._number
            if not self._answered.wait_for(lambda: self._has_answer(number), _ANSWER_S):
                raise TrialFailed(f"{self._op.name} made no picture within {units.seconds(_ANSWER_S)}.")
            if self._failure is not None and self._failure_number >= number:
                raise self._failure
            assert self._shown is not None
            return self._shown[1].image

    @property
    def took_s(self) -> float:
        """Time of the single call that made the latest picture, without set-up, s."""
        return self._shown[1].took_s if self._shown else float("nan")

    @property
    def error(self) -> str:
        """The error of the latest move; ``""`` if the move has a picture or its picture is being computed."""
        return self._error

    @property
    def history(self) -> list[Try]:
        """All exact pictures of the history, oldest first."""
        with self._lock:
            return self._tries.all()

    @property
    def code(self) -> str:
        """Python code that makes the same picture of ``image``."""
        return call_text(self._op.name, self._run_settings(), self._changed())

    @property
    def copies(self) -> dict[str, str]:
        """The settings as Python, as a command, as YAML and as the parameters of a notebook."""
        return copies(self._op.name, self._photo_name, self._run_settings(), self._changed())

    def set(self, *, backend: str | None = None, **params: Value) -> None:
        """Set parameters; other parameters keep their values, or get their defaults if ``preset`` is set.

        Parameters
        ----------
        backend : str, optional
            Backend on which the operation runs from now on.
        **params
            Parameters of the operation.

        Raises
        ------
        UnknownName, InvalidValue, Unavailable, Unsupported
            A value is not valid; nothing has changed.
        """
        with self._lock:
            wanted = self._wanted(backend, params)
            if wanted != self._states[self._at]:
                del self._states[self._at + 1 :]
                self._states.append(wanted)
                self._at += 1
                self._post()

    def drag(self, *, backend: str | None = None, **params: Value) -> None:
        """Set parameters as a moving control does: quick moves count as one step to undo and one picture in history.

        The parameters and the errors are those of `set`.
        """
        with self._lock:
            is_newest = self._at == len(self._states) - 1
            is_same_drag = monotonic() - self._dragged_s < _DRAG_S and self._dragged == set(params)
            if is_newest and is_same_drag and backend is None:
                wanted = self._wanted(None, params)
                if wanted != self._states[self._at]:
                    self._tries.forget(self._number)
                    self._states[self._at] = wanted
                    self._post()
            else:
                self.set(backend=backend, **params)
            self._dragged, self._dragged_s = set(params), monotonic()

    def defaults(self) -> None:
        """Set every parameter to its default."""
        self.set(**self._op.resolve({}))

    def undo(self) -> None:
        """Go back one move; do nothing at the first move."""
        self._go(-1)

    def redo(self) -> None:
        """Repeat an undone move; do nothing at the newest move."""
        self._go(1)

    def close(self) -> None:
        """End the processes; the tuner keeps its last picture."""
        self._end()

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The live page, and the current picture for a viewer without a kernel."""
        result = self.result
        if self._page is None:
            try:
                from toolkit.apps.widgets.page import Page
            except ImportError:
                raise Unavailable(
                    "tk.tuner needs anywidget to show its controls; run pip install anywidget."
                ) from None
            self._page = Page(self)
        live = self._page._repr_mimebundle_(**kwargs)
        data = live[0] if isinstance(live, tuple) else live
        still = jpeg_of(shrunk(result, PREVIEW_SIDE_PX))
        return {**data, "image/jpeg": still, "text/plain": self.code}, {
            "image/jpeg": {"alt": f"Result of {self.code}"}
        }

    def _wanted(
        self, backend: str | None, params: Mapping[str, Value]
    ) -> tuple[dict[str, Value], str | None]:
        others = {} if "preset" in params else self.value
        chosen = self._checked_backend(backend or self.backend)
        return self._op.resolve({**others, **params}, size=self._image.shape[:2]), chosen

    def _go(self, steps: int) -> None:
        with self._lock:
            self._dragged_s = 0.0
            at = min(max(self._at + steps, 0), len(self._states) - 1)
            if at != self._at:
                self._at = at
                self._post()

    def _post(self) -> None:
        params, backend = self._states[self._at]
        self._number += 1
        self._error = ""
        self._loop.post(
            Job(
                number=self._number,
                operation=self._op.name,
                params=params,
                backend=backend,
                threads=self._threads,
            )
        )
        if self._page is not None:
            self._page.tell()

    def _show(self, job: Job, found: Rendered | Exception, is_exact: bool) -> None:
        with self._answered:
            if isinstance(found, Exception):
                self._failure, self._failure_number = found, job.number
                self._error = (
                    str(found) if isinstance(found, AtelierError) else f"{type(found).__name__}: {found}"
                )
            else:
                self._shown = (job.number, found, is_exact)
                if is_exact and job.number == self._number:
                    self._tries.remember(job.number, job.params, found)
            self._answered.notify_all()
            page = self._page
        if page is not None:
            page.show()

    def _has_answer(self, number: int) -> bool:
        shown = self._shown
        is_shown = shown is not None and shown[0] >= number and shown[2]
        return is_shown or self._failure_number >= number

    def _changed(self) -> dict[str, Value]:
        values = self.value
        return {p.name: values[p.name] for p in self._op.params if values[p.name] != p.default}

    def _run_settings(self) -> dict[str, Value]:
        asked = {"backend": self.backend, "threads": self._threads}
        return {name: value for name, value in asked.items() if value is not None}

    def _checked_backend(self, name: str | None) -> str | None:
        if name is not None:
            chosen = backend_named(name)
            chosen.check(placement_for(self._threads))
            if not self._op.runs_on(chosen):
                ways = ", ".join(self._op.ways())
                raise Unsupported(f"{self._op.name} cannot run on backend {name!r}; it runs on {ways}.")
        return name


def _weak(owner: Tuner) -> Any:
    """Make a callback with a weak reference to the tuner, so that an unused tuner is deleted and ends its processes."""
    held = weakref.ref(owner)

    def show(job: Job, found: Rendered | Exception, is_exact: bool) -> None:
        living = held()
        if living is not None:
            living._show(job, found, is_exact)

    return show
