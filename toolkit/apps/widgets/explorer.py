"""Turn an operation's parameters and watch the picture follow."""

from __future__ import annotations

import asyncio
import html
import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from toolkit.contracts.apply import place
from toolkit.contracts.operation import OPERATIONS
from toolkit.core.choices import Device, Precision
from toolkit.core.errors import AtelierError, Unavailable
from toolkit.core.params import Param, Value
from toolkit.images.image import Image, check

PREVIEW_SIDE_PX = 640
DEBOUNCE_S = 0.06
JPEG_QUALITY = 88
_SLIDER_STEPS = 200


def explore(
    operation: str, image: Image, *, backend: str | None = None, threads: int | None = None
) -> Explorer:
    """Controls for an operation's parameters beside a picture that follows them.

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
        Shows itself as the last line of a notebook cell.

    Raises
    ------
    UnknownName, InvalidValue
        No such operation or backend; not an image.
    Unavailable
        ipywidgets is not installed.
    """
    return Explorer(operation, check(image, "explore"), backend=backend, threads=threads)


@dataclass(frozen=True)
class _Outcome:
    """One rendering: the picture and how long the operation took."""

    result: Image
    took_s: float
    backend: str
    threads: int


class Explorer:
    """What `explore` returns; every control can also be moved from Python.

    A move of a slider starts one computation after `DEBOUNCE_S` of rest, off the kernel's main thread; a result that
    a newer move has overtaken is dropped. `set` computes at once.
    """

    def __init__(self, operation: str, image: Image, *, backend: str | None, threads: int | None) -> None:
        try:
            import ipywidgets
        except ImportError:
            raise Unavailable(
                "explore needs ipywidgets, which is not installed; pip install ipywidgets"
            ) from None
        self._op, self._backend, self._threads = OPERATIONS[operation], backend, threads
        self._image, self._proxy = image, _shrunk(image)
        self._outcome: _Outcome | None = None
        self._latest, self._turn, self._muted = 0, asyncio.Lock(), False
        self._tasks: set[asyncio.Task[None]] = set()
        self._controls = {p.name: _control(p, ipywidgets) for p in self._op.params}
        self._full = ipywidgets.ToggleButton(
            value=False,
            description="full size",
            tooltip=f"work on all {image.shape[1]} x {image.shape[0]} px; "
            f"the preview works on {self._proxy.shape[1]} x {self._proxy.shape[0]} px",
        )
        self._reset = ipywidgets.Button(description="defaults", tooltip="every parameter back to its default")
        self._reset.on_click(lambda _: self._move(self._op.resolve({})))
        self._preset = ipywidgets.Dropdown(
            options=["", *self._op.presets],
            description="preset",
            tooltip="several parameters at once, the others back to their defaults",
            style={"description_width": "130px"},
            layout={"width": "360px", "display": None if self._op.presets else "none"},
        )
        self._preset.observe(self._take_preset, names="value")
        self._picture = ipywidgets.Image(format="jpeg", layout={"max_width": "100%"})
        self._status, self._python = ipywidgets.HTML(), ipywidgets.HTML()
        for control in (*self._controls.values(), self._full):
            control.observe(self._changed, names="value")
        buttons = ipywidgets.HBox([self._full, self._reset])
        column = ipywidgets.VBox(
            [
                ipywidgets.HTML(f"<b>{operation}</b><br>{html.escape(self._op.summary)}"),
                self._preset,
                *self._controls.values(),
                buttons,
                self._status,
                self._python,
            ],
            layout={"width": "380px", "flex": "0 0 auto"},
        )
        self.widget = ipywidgets.HBox(
            [column, self._picture], layout={"flex_flow": "row wrap", "grid_gap": "16px"}
        )
        self._show(self._compute(self.value, full=False))

    @property
    def value(self) -> dict[str, Value]:
        """Every parameter as the controls stand."""
        return self._op.resolve(
            {name: _read(self._param(name), c.value) for name, c in self._controls.items()}
        )

    @property
    def result(self) -> Image:
        """Picture of the last computation: of the preview's size, or of the image's own when full size is on."""
        return self._last.result

    @property
    def took_s(self) -> float:
        """How long that took, in this process, once, without its set-up: for exploring, not a measurement."""
        return self._last.took_s

    @property
    def code(self) -> str:
        """The call that does the same to the full image."""
        changed = [
            f"{name}={self.value[name]!r}"
            for name in self._controls
            if self.value[name] != self._param(name).default
        ]
        asked = [
            f"{name}={v!r}"
            for name, v in (("backend", self._backend), ("threads", self._threads))
            if v is not None
        ]
        return f"tk.apply({', '.join([repr(self._op.name), 'image', *asked, *changed])})".replace("'", '"')

    def set(self, *, full_size: bool | None = None, **params: Value) -> None:
        """Move controls and compute before returning.

        Parameters
        ----------
        full_size : bool, optional
            Work on the whole image instead of the preview.
        **params
            The operation's own parameters; the others stay where they are, or go to their defaults for a ``preset``.

        Raises
        ------
        UnknownName, InvalidValue
            Nothing has moved then.
        """
        others = {} if "preset" in params else self.value
        wanted = self._op.resolve({**others, **params})
        full = self._full.value if full_size is None else full_size
        outcome = self._compute(wanted, full=full)
        self._latest += 1
        self._muted = True
        try:
            self._full.value = full
            for name, control in self._controls.items():
                control.value = wanted[name]
        finally:
            self._muted = False
        self._show(outcome)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The live widget, and its present picture for a page that has no kernel."""
        live = self.widget._repr_mimebundle_(**kwargs)
        alt = {"image/jpeg": {"alt": f"What the code makes of the picture: {self.code}"}}
        return {**live, "image/jpeg": bytes(self._picture.value), "text/plain": self.code}, alt

    @property
    def _last(self) -> _Outcome:
        assert self._outcome is not None
        return self._outcome

    def _param(self, name: str) -> Param:
        return next(p for p in self._op.params if p.name == name)

    def _move(self, values: dict[str, Value]) -> None:
        """Move several controls and answer them once."""
        self._muted = True
        for name, control in self._controls.items():
            control.value = values[name]
        self._muted = False
        self._changed(None)

    def _take_preset(self, _: object) -> None:
        if self._preset.value:
            self._move(self._op.resolve({"preset": self._preset.value}))

    def _changed(self, _: object) -> None:
        if self._muted:
            return
        self._latest += 1
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # a plain Python process has nobody to compute later
            self._answer(self._try())
            return
        task = loop.create_task(self._later(self._latest))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _later(self, ticket: int) -> None:
        await asyncio.sleep(DEBOUNCE_S)
        async with self._turn:
            if ticket != self._latest:
                return
            self._status.value = "<i>working ...</i>"
            answer = await asyncio.to_thread(self._try)
        if ticket == self._latest:
            self._answer(answer)

    def _try(self) -> _Outcome | AtelierError:
        try:
            return self._compute(self.value, full=self._full.value)
        except AtelierError as error:
            return error

    def _answer(self, answer: _Outcome | AtelierError) -> None:
        if isinstance(answer, AtelierError):
            self._status.value = f"<b>{html.escape(str(answer))}</b>"
        else:
            self._show(answer)

    def _compute(self, params: dict[str, Value], *, full: bool) -> _Outcome:
        image = self._image if full else self._proxy
        backend, placement = place(
            self._op, image, params, self._backend, self._threads, Precision.FP32, Device.CPU
        )
        with backend.session(placement) as runtime:
            kernel = self._op.build(backend, runtime, params)
            start = time.perf_counter()
            result = kernel(image)
            return _Outcome(result, time.perf_counter() - start, backend.name, placement.threads)

    def _show(self, outcome: _Outcome) -> None:
        import cv2

        self._outcome = outcome
        height, width = outcome.result.shape[:2]
        quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
        self._picture.value = cv2.imencode(".jpg", _opaque(outcome.result), quality)[1].tobytes()
        self._status.value = (
            f"<b>{outcome.took_s * 1e3:.1f} ms</b> for {width} x {height} px on {outcome.backend}, "
            f"{outcome.threads} thread{'s' * (outcome.threads != 1)} (once, in this kernel: for exploring)"
        )
        if (
            any(p.unit == "px" for p in self._op.params)
            and self._proxy is not self._image
            and not self._full.value
        ):
            self._status.value += "<br>Lengths in px act on the preview: look at full size before you decide."
        self._python.value = f'Copy as Python: <code style="user-select: all">{html.escape(self.code)}</code>'


def _control(param: Param, ipywidgets: Any) -> Any:
    """The control that can take exactly the values that `param` allows."""
    label = f"{param.name} [{param.unit}]" if param.unit else param.name
    common = {
        "value": param.default,
        "description": label,
        "tooltip": f"{param.help or param.name}: {param.constraint}, default {param.default}",
        "style": {"description_width": "130px"},
        "layout": {"width": "360px"},
    }
    if param.choices:
        return ipywidgets.Dropdown(options=list(param.choices), **common)
    if isinstance(param.default, bool):
        return ipywidgets.Checkbox(**common)
    if isinstance(param.default, str):
        return ipywidgets.Text(continuous_update=False, **common)
    is_whole = isinstance(param.default, int)
    if param.low is None or param.high is None:
        return (ipywidgets.IntText if is_whole else ipywidgets.FloatText)(**common)
    if param.scale == "log" and param.low > 0:
        ends = {"min": math.log10(param.low), "max": math.log10(param.high)}
        step = (ends["max"] - ends["min"]) / _SLIDER_STEPS
        return ipywidgets.FloatLogSlider(
            readout_format=",.0f" if is_whole else ".3g", step=step, **ends, **common
        )
    if is_whole:
        return ipywidgets.IntSlider(min=int(param.low), max=int(param.high), **common)
    step = 10 ** math.floor(math.log10((param.high - param.low) / 50))
    return ipywidgets.FloatSlider(
        min=param.low,
        max=param.high,
        step=step,
        readout_format=f".{max(0, round(-math.log10(step)))}f",
        **common,
    )


def _read(param: Param, value: Any) -> Value:
    """A control's value; a slider on a log scale stops between whole numbers and a rounding error beyond its ends."""
    if isinstance(param.default, float | int) and not isinstance(param.default, bool) and not param.choices:
        if param.low is not None and param.high is not None:
            value = min(max(value, param.low), param.high)
        return round(value) if isinstance(param.default, int) else float(value)
    return value  # type: ignore[no-any-return]


def _opaque(image: Image) -> Image:
    """The image itself, or BGRA over white: JPEG has no alpha."""
    if image.shape[2] != 4:
        return image
    alpha = image[..., 3:].astype(np.uint16)
    return ((image[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def _shrunk(image: Image) -> Image:
    """The image itself, or averaged down so that its longest side is `PREVIEW_SIDE_PX`."""
    import cv2

    height, width = image.shape[:2]
    scale = PREVIEW_SIDE_PX / max(height, width)
    if scale >= 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.ascontiguousarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
