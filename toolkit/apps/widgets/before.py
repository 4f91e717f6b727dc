"""The picture for comparison ("before"): the photo, the reference backend's picture, or an earlier picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from toolkit.apps.widgets.background import Background
from toolkit.apps.widgets.costs import Costs, file_sizes, reference_text
from toolkit.apps.widgets.live_loop import Job
from toolkit.apps.widgets.settings import Settings
from toolkit.apps.widgets.tries import Try
from toolkit.contracts.operation import Operation
from toolkit.core import units
from toolkit.core.choices import Precision
from toolkit.core.errors import unknown
from toolkit.core.params import pair_text
from toolkit.images.image import Image
from toolkit.workers.live_worker import LiveWorker, Rendered

PHOTO, REFERENCE = "photo", "reference"


class Before:
    """The picture for comparison, and the background process that makes this picture and measures the new picture.

    Parameters
    ----------
    op : Operation
        The operation of the tuner.
    photo : Image
        The photo of the tuner.
    told, shown : callable
        Functions: `told` is called when costs are known, `shown` when the picture for comparison has changed.
    plugins : sequence of (path, SHA-256)
        Plug-in files of the operation.

    Attributes
    ----------
    what : str
        The chosen picture: ``"photo"``, ``"reference"``, or the key of an earlier picture (a try).
    image : Image
        The picture for comparison.
    caption : str
        Text with the settings and the time of the picture for comparison.
    """

    def __init__(
        self,
        op: Operation,
        photo: Image,
        *,
        told: Callable[[], None],
        shown: Callable[[], None],
        plugins: Sequence[tuple[str, str]] = (),
    ) -> None:
        self._op, self._shown = op, shown
        self._background = Background(photo, told, plugins=plugins)
        self._tried: Settings | None = None
        self._made: tuple[object, ...] | None = None
        self.take(photo)

    def take(self, photo: Image) -> None:
        """Replace the photo of the tuner; the new photo becomes the picture for comparison."""
        self.photo, self._tried, self._made = photo, None, None
        self.what, self.image, self.caption = PHOTO, photo, PHOTO

    def choose(self, what: str, tries: Sequence[Try]) -> None:
        """Choose the picture for comparison; the method `rest` makes this picture.

        Raises
        ------
        UnknownName
            `what` is neither the photo, nor the reference, nor the key of a try (an earlier picture).
        """
        found = {one.key: one.settings for one in tries}
        if what not in {PHOTO, REFERENCE, *found}:
            raise unknown(
                "the picture for comparison",
                what,
                [PHOTO, REFERENCE, "the key of an earlier picture (a try)"],
            )
        self.what, self._tried, self._made = what, found.get(what), None
        if what == PHOTO:
            self.image, self.caption = self.photo, PHOTO

    def stop(self) -> None:
        """Stop background work, because a control has moved."""
        self._background.stop()

    def rest(self, job: Job, found: Rendered, costs: Costs) -> None:
        """Start background work, because no control moves: make the picture for comparison, and measure costs."""

        def task(worker: LiveWorker) -> Iterator[None]:
            if self.what != PHOTO:
                self._make(job, worker)
                yield
            if not costs.files:
                costs.files = file_sizes(found.image)
                yield
            if not costs.reference:
                costs.reference = reference_text(job, found, worker)
                yield

        self._background.start(job.photo, task)

    def close(self) -> None:
        """End the background process."""
        self._background.close()

    def _make(self, job: Job, worker: LiveWorker) -> None:
        params = dict(job.settings.params)
        if self._tried is not None:
            how, name = self._tried.call(), ""
        else:
            backend = self._op.reference_of(params)
            precision = str(Precision.FP32)
            how = {"params": params, "backend": backend, "threads": None, "precision": precision}
            name = "reference, "
        key = (self.what, *map(str, how.items()))
        if key == self._made:
            return
        made = worker.render(self._op.name, **how)
        changed = [
            pair_text(p.name, how["params"][p.name])
            for p in self._op.params
            if how["params"][p.name] != p.default
        ]
        settings = ", ".join(changed) or "defaults"
        self.image, self._made = made.image, key
        self.caption = f"{name}{settings}: {units.seconds(made.took_s)} on {made.backend}, one call"
        self._shown()
