"""Show a tuner in a notebook: receive the user's moves from the browser, and send settings and JPEG pictures."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget

from toolkit.core import units
from toolkit.core.errors import AtelierError
from toolkit.core.params import Param
from toolkit.images.encode import encode
from toolkit.results.pictures.shrunk import jpeg_of, shrunk

if TYPE_CHECKING:
    from toolkit.apps.widgets.live_tuner import Tuner

_MOVES = ("undo", "redo", "defaults")


class Page(anywidget.AnyWidget):
    """The controls and pictures of a tuner; the tuner has all state, and every message to the browser is complete."""

    _esm = Path(__file__).with_name("tuner.js")
    _css = Path(__file__).with_name("tuner.css")

    def __init__(self, tuner: Tuner) -> None:
        super().__init__()
        self._tuner = weakref.ref(tuner)
        self.on_msg(self._take)

    def tell(self, refused: str = "") -> None:
        """Send the settings, the state and the history to the browser, without pictures."""
        tuner = self._tuner()
        if tuner is not None:
            self.send({"kind": "state", **state_of(tuner), "refused": refused})

    def show(self) -> None:
        """Send the latest picture to the browser, and then the state."""
        tuner = self._tuner()
        if tuner is None:
            return
        shown = tuner.shown
        if shown is not None and not tuner.error:
            number, rendered, is_exact = shown
            picture = shrunk(rendered.image, max(rendered.image.shape[:2]))
            about = {"kind": "picture", "side": "after", "number": number, "is_exact": is_exact}
            self.send({**about, "caption": _caption(rendered.backend, rendered.took_s)}, [jpeg_of(picture)])
        self.tell()

    def _take(self, _: object, message: dict[str, Any], __: object) -> None:
        tuner = self._tuner()
        if tuner is None:
            return
        try:
            self._act(tuner, message)
        except AtelierError as error:
            self.tell(refused=str(error))

    def _act(self, tuner: Tuner, message: dict[str, Any]) -> None:
        kind = message["kind"]
        if kind == "hello":
            photo = shrunk(tuner.photo, max(tuner.photo.shape[:2]))
            about = {"kind": "picture", "side": "before", "caption": "photo", "number": 0, "is_exact": True}
            self.send(about, [jpeg_of(photo)])
            for one in tuner.history:
                self.send({"kind": "thumbnail", "number": one.number}, [one.thumbnail])
            self.show()
        elif kind == "set":
            tuner.drag(**message["params"])
            self.tell()
        elif kind in _MOVES:
            getattr(tuner, kind)()
            self.tell()
        elif kind == "thumbnail":
            for one in tuner.history:
                if one.number == message["number"]:
                    self.send({"kind": "thumbnail", "number": one.number}, [one.thumbnail])
        elif kind == "save":
            self.send({"kind": "file", "name": f"{tuner.operation}.png"}, [encode(tuner.result, ".png")])


def state_of(tuner: Tuner) -> dict[str, Any]:
    """The settings, texts and history that the page shows beside the pictures, as JSON values."""
    return {
        "operation": tuner.operation,
        "summary": tuner.op.summary,
        "params": [_control(param) for param in tuner.op.params],
        "value": tuner.value,
        "backend": tuner.backend or "",
        "backends": ["", *tuner.op.ways()],
        "presets": list(tuner.op.presets),
        "number": tuner.number,
        "photo_px": [tuner.photo.shape[1], tuner.photo.shape[0]],
        "error": tuner.error,
        "copies": tuner.copies,
        "history": [
            {
                "number": one.number,
                "params": one.params,
                "backend": one.backend,
                "caption": _caption(one.backend, one.took_s),
            }
            for one in tuner.history
        ],
    }


def _control(param: Param) -> dict[str, Any]:
    is_bool, is_text = isinstance(param.default, bool), isinstance(param.default, str)
    kind = "choice" if param.choices else "bool" if is_bool else "text" if is_text else "number"
    return {
        "name": param.name,
        "kind": kind,
        "default": param.default,
        "low": param.low,
        "high": param.high,
        "choices": list(param.choices),
        "unit": param.unit,
        "is_log": param.scale == "log" and (param.low or 0) > 0,
        "is_whole": isinstance(param.default, int),
        "help": f"{param.help or param.name}: {param.constraint}, default {param.default}",
    }


def _caption(backend: str, took_s: float) -> str:
    return f"{units.seconds(took_s)} on {backend}, one call"
