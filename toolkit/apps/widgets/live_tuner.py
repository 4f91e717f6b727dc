"""The tuner: an operation's parameters, the picture that they make, and the history of both."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from typing import Any

from toolkit.apps.widgets.before import Before
from toolkit.apps.widgets.live_loop import Job, LiveLoop
from toolkit.apps.widgets.measuring import Measuring
from toolkit.apps.widgets.settings import Settings
from toolkit.apps.widgets.tries import Tries
from toolkit.apps.widgets.tuner_state import TunerState
from toolkit.apps.widgets.views import View
from toolkit.apps.widgets.visible import visible_window
from toolkit.contracts.operation import OPERATIONS
from toolkit.core import units
from toolkit.core.choices import Precision
from toolkit.core.errors import TrialFailed, Unavailable
from toolkit.core.params import Value
from toolkit.images.image import Image
from toolkit.workers.live_worker import LiveWorker, Rendered

_ANSWER_S = 600.0
_DRAG_S = 1.0  # longest pause, s, between two moves of one drag of a slider


class Tuner(TunerState):
    """A tuner of one operation on one photo; see `tuner`.

    Attributes
    ----------
    before, measuring : Before, Measuring
        The picture with which the latest picture is compared, and the measurements of the tuner's settings.
    """

    def __init__(
        self,
        operation: str,
        image: Image,
        *,
        photo_name: str,
        backend: str | None,
        threads: int | None,
        precision: str = Precision.FP32,
    ) -> None:
        params = OPERATIONS[operation].resolve({})
        first = Settings(
            photo=photo_name, params=params, backend=backend, threads=threads, precision=precision
        )
        super().__init__(operation, image, first)
        self._check(first)
        self._dragged, self._dragged_s = set[str](), 0.0
        told, shown = _weakly(self, "_tell"), _weakly(self, "_show_before")
        self.before = Before(self._op, image, told=told, shown=shown, plugins=self.plugins)
        self.measuring = Measuring(told=_weakly(self, "_tell"))
        self._worker = LiveWorker(image, self.plugins)
        self._loop = LiveLoop(self._worker, show=_weakly(self, "_show"))
        self._end = weakref.finalize(self, _close, self._loop, self.before)
        self._post()

    @property
    def result(self) -> Image:
        """The full picture that ``tk.apply`` makes with `value`; waits until the picture is computed.

        Raises
        ------
        AtelierError
            The operation failed on the photo.
        """
        self.wait(_ANSWER_S)
        with self.lock:
            if self.failure is not None:
                raise self.failure
            assert self._exact is not None
            return self._exact[1].image

    def wait(self, longest_s: float) -> None:
        """Wait until the full picture of the latest move exists, or the move has failed.

        Raises
        ------
        TrialFailed
            The latest move has neither a full picture nor an error after `longest_s`.
        """
        with self._answered:
            number = self._number
            self._loop.want_full()
            if not self._answered.wait_for(lambda: self._has_answer(number), longest_s):
                raise TrialFailed(f"{self._op.name} made no picture within {units.seconds(longest_s)}.")

    def set(
        self,
        *,
        backend: str | None = None,
        threads: int | None = None,
        precision: str | None = None,
        photo: str | None = None,
        **params: Value,
    ) -> None:
        """Set parameters; other parameters keep their values, or get their defaults if ``preset`` is set.

        Parameters
        ----------
        backend : str, optional
            Name of the backend; ``""`` lets the operation choose the backend.
        threads : int, optional
            Number of threads; 0: one for each processor that this process may use.
        precision : {"fp32", "bf16", "fp16", "int8"}, optional
            Precision in which the backend computes.
        photo : str, optional
            A name or path that ``tk.photo`` accepts.
        **params
            Parameters of the operation.

        Raises
        ------
        UnknownName, InvalidValue, Unavailable, Unsupported
            A value is not valid; in this case no setting changes.
        """
        with self.lock:
            run = {"backend": backend, "threads": threads, "precision": precision, "photo": photo}
            wanted = self._wanted({name: value for name, value in run.items() if value is not None}, params)
            self._take(wanted)

    def take(self, settings: Settings) -> None:
        """Use the settings of an entry of `history`, but keep the present photo."""
        wanted = replace(settings, photo=self.settings.photo)
        self._check(wanted)
        with self.lock:
            self._take(wanted)

    def drag(self, **settings: Any) -> None:
        """Set parameters as a moving control does: quick moves count as one step to undo, and one picture in history.

        This method takes the parameters of `set`, and raises the same errors as `set`.
        """
        with self.lock:
            is_same_drag = monotonic() - self._dragged_s < _DRAG_S and self._dragged == set(settings)
            if self._moves.is_newest and is_same_drag and set(settings) <= set(self.value):
                wanted = self._wanted({}, settings)
                if wanted != self._moves.now:
                    self._tries.forget(self._number)
                    self._moves.replace(wanted)
                    self._post()
            else:
                self.set(**settings)
            self._dragged, self._dragged_s = set(settings), monotonic()

    def defaults(self) -> None:
        """Set every parameter to its default."""
        self.set(**self._op.resolve({}))

    def undo(self) -> None:
        """Undo the latest change of the settings; do nothing at the first settings."""
        self._go(-1)

    def redo(self) -> None:
        """Repeat the move that was undone last; do nothing at the newest move."""
        self._go(1)

    def save_preset(self, name: str) -> None:
        """Save the present parameters as a preset with a name, for later tuners of this operation too."""
        self._presets.save(name, self.settings.changed(self._op))
        self._tell()

    def compare_with(self, what: str) -> None:
        """Choose the picture for comparison.

        Parameters
        ----------
        what : str
            ``"photo"``, ``"reference"`` (same parameters, reference backend), or the key of an earlier picture.
        """
        with self.lock:
            self.before.choose(what, self._tries.all())
            self._rest()
        self._show_before()

    def look(self, view: View) -> None:
        """Set the region that the page shows; if this region is not rendered yet, it is rendered first."""
        with self.lock:
            self._view = view
            is_there = self._exact is not None and self._exact[0].number == self._number
            if not is_there and view.region is not None and self.failure is None:
                self._post(is_move=False)

    def measure(self) -> None:
        """Measure the settings with the benchmark engine in fresh processes, while the tuner continues."""
        size = (self.photo.shape[1], self.photo.shape[0])
        self.measuring.start(self._op.name, self.settings, size=size, plugins=self.plugins)

    def close(self) -> None:
        """End the processes of the tuner; the last picture stays available."""
        self._end()

    def _ipython_display_(self) -> None:
        """Show the live page, and a comparison that stays visible after the kernel has ended."""
        try:
            from toolkit.apps.widgets.page import Page
        except ImportError:
            raise Unavailable(
                "tk.tuner needs anywidget to show its controls; run pip install anywidget."
            ) from None
        if self._page is None:
            self._page = Page(self)
        self._page.display(self)

    def _take(self, wanted: Settings) -> None:
        if wanted != self._moves.now:
            self._moves.push(wanted)
            self._post()

    def _go(self, steps: int) -> None:
        with self.lock:
            self._dragged_s = 0.0
            if self._moves.go(steps):
                self._post()

    def _post(self, *, is_move: bool = True) -> None:
        """Request the picture of the present settings; a change of the view alone keeps the number of the move."""
        now = self._moves.now
        image = self._photos[now.photo]
        if is_move:
            self._number += 1
            self.before.stop()
        if image is not self.before.photo:
            # The visible region is in pixels of the old photo; the page sends its view of the new photo.
            self._view = replace(self._view, region=None)
            self._tries = Tries(self._op.name, image, now.photo)
            self.before.take(image)
            self._show_before()
        window, halo = visible_window(self._op, image.shape, now.params, self._view)
        job = Job(
            number=self._number,
            operation=self._op.name,
            settings=now,
            photo=image,
            window=window,
            halo=halo,
        )
        self._loop.post(job)
        self._tell()

    def _show(self, job: Job, found: Rendered | Exception, is_exact: bool) -> None:
        with self._answered:
            if isinstance(found, Exception):
                self._failure = (job.number, found)
            else:
                self._shown = (job, found, is_exact)
                self._ran.add((job.settings.backend, job.settings.precision))
                is_full = is_exact and found.window is None
                self.costs.took(job, found, is_full=is_full)
                if is_full:
                    self._exact = (job, found)
                    if job.number == self._number:
                        self._tries.remember(job.number, job.settings, found)
                        self._rest()
            self._answered.notify_all()
            page = self._page
        if page is not None:
            page.show(self)

    def _rest(self) -> None:
        """Measure the costs of the picture and make the picture for comparison, while no control moves."""
        if self._exact is not None and self._exact[0].number == self._number:
            self.before.rest(*self._exact, self.costs)

    def _tell(self) -> None:
        if self._page is not None:
            self._page.tell(self)

    def _show_before(self) -> None:
        if self._page is not None:
            self._page.show_before(self)

    def _has_answer(self, number: int) -> bool:
        is_there = self._exact is not None and self._exact[0].number >= number
        return is_there or (self._failure is not None and self._failure[0] >= number)


def _close(loop: LiveLoop, before: Before) -> None:
    loop.close()
    before.close()


def _weakly(owner: Tuner, method: str) -> Callable[..., None]:
    """Wrap a method by a weak reference, so that a tuner without references can end its processes."""
    held = weakref.ref(owner)

    def call(*arguments: Any) -> None:
        living = held()
        if living is not None:
            getattr(living, method)(*arguments)

    return call
