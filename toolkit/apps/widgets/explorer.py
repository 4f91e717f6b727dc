"""Show controls for an operation's parameters beside a picture that changes with the controls."""

from __future__ import annotations

import asyncio
import html
import threading
import time
from dataclasses import dataclass
from typing import Any

from toolkit.apps.widgets.controls import CONTROL_LAYOUT, LABEL_STYLE, control_of, value_of
from toolkit.contracts.apply import apply
from toolkit.contracts.operation import OPERATIONS
from toolkit.contracts.placed import place, placement_for
from toolkit.core import units
from toolkit.core.errors import AtelierError, Unavailable
from toolkit.core.params import Value
from toolkit.images.image import Image, check
from toolkit.results.pictures.shrunk import jpeg_of, shrunk

PREVIEW_SIDE_PX = 640
DEBOUNCE_S = 0.06


def explore(
    operation: str, image: Image, *, backend: str | None = None, threads: int | None = None
) -> Explorer:
    """Show controls for an operation's parameters beside a picture that changes with the controls.

    Parameters
    ----------
    operation : str
        A name from ``tk.OPERATIONS``.
    image : ndarray, uint8 (H, W, 3), BGR
    backend : str, optional
        Default: as in `toolkit.apply`.
    threads : int, optional
        Default: the processors this process may use.

    Returns
    -------
    Explorer
        An object that displays itself as the last line of a notebook cell.

    Raises
    ------
    UnknownName, InvalidValue
        The operation or the backend does not exist; the image breaks the Image contract.
    Unavailable
        ipywidgets is not installed.
    """
    return Explorer(operation, check(image, "explore"), backend=backend, threads=threads)


@dataclass(frozen=True)
class _Outcome:
    """One rendering: the picture, the same as a JPEG file to show, and how long the operation took."""

    result: Image
    jpeg: bytes
    took_s: float
    backend: str
    threads: int


class Explorer:
    """The controls and the picture that `explore` shows; `set` moves the controls from Python.

    When no control has moved for `DEBOUNCE_S` seconds, a thread computes the picture; the result is dropped if a
    control moves meanwhile. `set` computes the picture at once. The thread needs no event loop: in a kernel with
    subshells, the messages of one drag can arrive in two loops, and nothing of asyncio may be shared between them.
    """

    _turn = threading.Lock()
    """One picture at a time, in all explorers: a runtime may not be ready for calls from two threads."""

    def __init__(self, operation: str, image: Image, *, backend: str | None, threads: int | None) -> None:
        try:
            import ipywidgets
        except ImportError:
            raise Unavailable("explore needs ipywidgets; run pip install ipywidgets.") from None
        self._op, self._backend, self._threads = OPERATIONS[operation], backend, threads
        self._image, self._preview = image, apply("fit_side", image, side=PREVIEW_SIDE_PX)
        self._latest, self._muted = 0, False
        self._asking = threading.Lock()
        self._follower: threading.Thread | None = None
        self._controls = {p.name: control_of(p) for p in self._op.params}
        sizes = [f"{each.shape[1]} x {each.shape[0]} px" for each in (image, self._preview)]
        self._full = ipywidgets.ToggleButton(
            description="full size", tooltip=f"compute all {sizes[0]}; the preview has {sizes[1]}"
        )
        self._reset = ipywidgets.Button(description="defaults", tooltip="set every parameter to its default")
        self._preset = ipywidgets.Dropdown(
            options=["", *self._op.presets],
            description="preset",
            tooltip="set several parameters at once, and the others to their defaults",
            style=LABEL_STYLE,
            layout={**CONTROL_LAYOUT, "display": None if self._op.presets else "none"},
        )
        self._picture = ipywidgets.Image(format="jpeg", layout={"max_width": "100%"})
        self._status, self._python = ipywidgets.HTML(), ipywidgets.HTML()
        self._reset.on_click(lambda _: self._move(self._op.resolve({})))
        self._preset.observe(self._take_preset, names="value")
        for control in (*self._controls.values(), self._full):
            control.observe(self._changed, names="value")
        title = ipywidgets.HTML(f"<b>{operation}</b><br>{html.escape(self._op.summary)}")
        buttons = ipywidgets.HBox([self._full, self._reset])
        column = [title, self._preset, *self._controls.values(), buttons, self._status, self._python]
        self.widget = ipywidgets.HBox(
            [ipywidgets.VBox(column, layout={"width": "380px", "flex": "0 0 auto"}), self._picture],
            layout={"flex_flow": "row wrap", "grid_gap": "16px"},
        )
        self._show(self._compute(self.value, full=False))

    @property
    def value(self) -> dict[str, Value]:
        """The value of every parameter, as the controls show it."""
        shown = {p.name: value_of(p, self._controls[p.name].value) for p in self._op.params}
        return self._op.resolve(shown)

    @property
    def result(self) -> Image:
        """The last picture, computed from the preview, or from the whole image while full size is on."""
        return self._last.result

    @property
    def took_s(self) -> float:
        """Time of the call that made `result`, without set-up, s; a single call is not a measurement."""
        return self._last.took_s

    @property
    def code(self) -> str:
        """Python code that applies the same parameters to the full image."""
        asked = {"backend": self._backend, "threads": self._threads}
        given = {name: value for name, value in asked.items() if value is not None}
        values = self.value
        given |= {p.name: values[p.name] for p in self._op.params if values[p.name] != p.default}
        arguments = [repr(self._op.name), "image", *(f"{name}={value!r}" for name, value in given.items())]
        return f"tk.apply({', '.join(arguments)})".replace("'", '"')

    def set(self, *, full_size: bool | None = None, **params: Value) -> None:
        """Set parameters, move their controls, and compute the picture before returning.

        Parameters
        ----------
        full_size : bool, optional
            Work on the whole image instead of the preview.
        **params
            Parameters of the operation. Other parameters keep their values; with ``preset`` they get their defaults.

        Raises
        ------
        UnknownName, InvalidValue
            A value is not valid; no control has moved.
        """
        others = {} if "preset" in params else self.value
        full = self._full.value if full_size is None else full_size
        shown = self._image if full else self._preview
        wanted = self._op.resolve({**others, **params}, size=shown.shape[:2])
        outcome = self._compute(wanted, full=full)
        with self._asking:
            self._latest += 1
        self._place(wanted, full=full)
        self._show(outcome)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The live widget, and its current picture for a page without a kernel."""
        live = self.widget._repr_mimebundle_(**kwargs)
        alt = {"image/jpeg": {"alt": f"Result of {self.code}"}}
        return {**live, "image/jpeg": bytes(self._picture.value), "text/plain": self.code}, alt

    def _place(self, values: dict[str, Value], *, full: bool) -> None:
        """Set all controls without computing."""
        self._muted = True
        try:
            self._full.value = full
            for name, control in self._controls.items():
                control.value = values[name]
        finally:
            self._muted = False

    def _move(self, values: dict[str, Value]) -> None:
        """Set all controls and compute once."""
        self._place(values, full=self._full.value)
        self._changed(None)

    def _take_preset(self, _: object) -> None:
        if self._preset.value:
            shown = self._image if self._full.value else self._preview
            self._move(self._op.resolve({"preset": self._preset.value}, size=shown.shape[:2]))

    def _changed(self, _: object) -> None:
        if self._muted:
            return
        try:
            asyncio.get_running_loop()
        except RuntimeError:  # no event loop runs outside a notebook
            self._latest += 1
            self._show(self._try())
            return
        with self._asking:
            self._latest += 1
            if self._follower is None:
                self._follower = threading.Thread(target=self._follow, daemon=True)
                self._follower.start()

    def _follow(self) -> None:
        """Compute until the picture shown is that of the latest move."""
        while True:
            ticket = self._latest
            time.sleep(DEBOUNCE_S)
            if ticket == self._latest:
                self._status.value = "<i>working ...</i>"
                answer = self._try()
                if ticket == self._latest:
                    self._show(answer)
            with self._asking:
                if ticket == self._latest:
                    self._follower = None
                    return

    def _try(self) -> _Outcome | Exception:
        try:
            return self._compute(self.value, full=self._full.value)
        except Exception as error:  # whatever it is, the reader must see it, and the next move must work
            return error

    def _compute(self, params: dict[str, Value], *, full: bool) -> _Outcome:
        image = self._image if full else self._preview
        placement, are_asked = placement_for(self._threads), self._threads is not None
        placed = place(self._op, image, params, self._backend, placement, are_threads_asked=are_asked)
        with self._turn, placed.opened() as kernel:
            start = time.perf_counter()
            result = kernel(image)
            took_s = time.perf_counter() - start
        jpeg = jpeg_of(shrunk(result, max(result.shape[:2])))
        return _Outcome(result, jpeg, took_s, placed.backend.name, placed.placement.threads)

    def _show(self, outcome: _Outcome | Exception) -> None:
        if isinstance(outcome, Exception):
            fault = "" if isinstance(outcome, AtelierError) else f"{type(outcome).__name__}: "
            self._status.value = f"<b>{html.escape(f'{fault}{outcome}')}</b> Move a control to try again."
            return
        self._last = outcome
        height, width = outcome.result.shape[:2]
        self._picture.value = outcome.jpeg
        self._status.value = (
            f"<b>{outcome.took_s * 1e3:.1f} ms</b> for {width} x {height} px on {outcome.backend}, "
            f"{units.threads_text(outcome.threads)} (one call in this kernel, not a measurement)"
        )
        is_preview = self._preview.shape != self._image.shape and not self._full.value
        if is_preview and any(p.unit == "px" for p in self._op.params):
            self._status.value += "<br>Lengths in px refer to the preview: check the result at full size."
        self._python.value = f'Copy as Python: <code style="user-select: all">{html.escape(self.code)}</code>'
