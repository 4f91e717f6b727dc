"""Show a tuner in a notebook: receive the user's moves from the browser, and send settings and JPEG pictures."""

from __future__ import annotations

import secrets
import threading
import weakref
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget

from toolkit.apps.widgets.page_state import caption, full_of, state_of
from toolkit.apps.widgets.photos import Upload
from toolkit.apps.widgets.views import View, drawn
from toolkit.core.errors import AtelierError, Unavailable, Unsupported
from toolkit.images.encode import encode
from toolkit.images.image import Image
from toolkit.results.pictures.compare_views import COMPARE_CSS, COMPARE_JS, Html, before_after
from toolkit.results.pictures.shrunk import jpeg_of

if TYPE_CHECKING:
    from toolkit.apps.widgets.live_tuner import Tuner

_MOVES = ("undo", "redo", "defaults", "measure")
_LOOKS = (
    "hello",
    "view",
    "thumbnail",
)  # messages that no action of the user caused, so the page keeps its error
_STILL_WAITS_S = 60.0


def _beside(suffix: str) -> str:
    return Path(__file__).with_name(f"tuner{suffix}").read_text(encoding="utf-8")


class Page(anywidget.AnyWidget):
    """The controls and pictures of a tuner in the browser; the tuner holds and sends the whole state."""

    _esm = COMPARE_JS + _beside(".js")
    _css = COMPARE_CSS + _beside(".css")

    def __init__(self, tuner: Tuner) -> None:
        super().__init__()
        _answer_while_a_cell_runs(self.comm)
        self._tuner = weakref.ref(tuner)
        self._upload: Upload | None = None
        self._refused: AtelierError | None = None
        self._still_name, self._still, self._still_number = f"atelier-still-{secrets.token_hex(4)}", None, -1
        self._serials, self._taken = count(1), 0
        self.on_msg(self._take)

    def display(self, tuner: Tuner) -> None:
        """Show the tuner's page, and below the page a static comparison, which the page hides while the kernel runs."""
        from IPython.display import display

        bundle = self._repr_mimebundle_()
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        display({**data, "text/plain": tuner.code}, raw=True)
        with suppress(AtelierError):
            tuner.wait(_STILL_WAITS_S)
        self._still = display(self._still_of(tuner), display_id=True)

    def tell(self, tuner: Tuner) -> None:
        """Send the settings, the state and the history to the browser, without pictures."""
        is_missing = isinstance(self._refused, Unavailable | Unsupported)
        with tuner.lock:  # a later state has a larger serial number, whichever thread sends it first
            state = {**state_of(tuner), "serial": next(self._serials), "taken": self._taken}
        about = {"refused": str(self._refused or ""), "is_skipped": is_missing, "still": self._still_name}
        self.send({"kind": "state", **state, **about})
        exact = tuner.exact
        is_at_rest = exact is not None and exact[0].number == tuner.number and tuner.costs.files
        if is_at_rest and self._still is not None and self._still_number != tuner.number:
            self._still.update(self._still_of(tuner))

    def show(self, tuner: Tuner) -> None:
        """Send the latest picture to the browser, and then the state."""
        if tuner.view.is_told and tuner.shown is not None and tuner.failure is None:
            job, found, is_exact = tuner.shown
            full = full_of(tuner, job)
            about = {
                "number": job.number,
                "is_exact": is_exact,
                "is_full": is_exact and found.window is None,
                "caption": caption(tuner, job, found),
            }
            if not is_exact:
                self._send_picture("after", found.image, full, View(), about)
            elif found.window is None:
                self._send_picture("after", found.image, full, tuner.view, about)
            else:
                scale = full[0] // job.photo.shape[1]
                at = (found.window[1] * scale, found.window[0] * scale)
                self._send_picture("after", found.image, full, tuner.view, about, at=at)
        self.tell(tuner)

    def show_before(self, tuner: Tuner) -> None:
        """Send the picture for comparison to the browser."""
        if not tuner.view.is_told:
            return
        image = tuner.before.image
        about = {"number": 0, "is_exact": True, "is_full": True, "caption": tuner.before.caption}
        full = (image.shape[1], image.shape[0])
        self._send_picture("before", image, full, tuner.view, about, of=full_of(tuner))

    def _send_picture(
        self,
        side: str,
        image: Image,
        full: tuple[int, int],
        view: View,
        about: dict[str, Any],
        *,
        at: tuple[int, int] = (0, 0),
        of: tuple[int, int] | None = None,
    ) -> None:
        if about["is_exact"]:
            region, picture = drawn(image, view, full=full, of=of or full, at=at)
        else:
            small = (image.shape[1], image.shape[0])
            region, picture = (0, 0, *full), drawn(image, View(), full=small, of=small)[1]
        message = {"kind": "picture", "side": side, **about, "full": full, "region": region}
        self.send(message, [jpeg_of(picture)])

    def _take(self, _: object, message: dict[str, Any], buffers: list[Any]) -> None:
        tuner = self._tuner()
        if tuner is None:
            return
        if message["kind"] not in _LOOKS:
            self._refused = None
        try:
            self._act(tuner, message, buffers)
        except AtelierError as error:
            self._refused, self._upload = error, None
            self.tell(tuner)
            if message["kind"] == "piece":
                self.send({"kind": "piece", "is_taken": False})

    def _act(self, tuner: Tuner, message: dict[str, Any], buffers: list[Any]) -> None:
        kind = message["kind"]
        if kind == "hello":
            self.tell(tuner)  # after this message the page knows the size of the picture, and sends its view
        elif kind == "view":
            tuner.look(View(tuple(message["whole"]), tuple(message["region"]) if message["region"] else None))
            self.show_before(tuner)
            self.show(tuner)
        elif kind == "set":
            with tuner.lock:  # no message may confirm a move and still show the settings before that move
                self._taken = message["id"]
                tuner.drag(**message["params"])
            self.tell(tuner)
        elif kind == "take":
            for one in tuner.history:
                if one.key == message["key"]:
                    tuner.take(one.settings)
        elif kind == "compare":
            tuner.compare_with(message["what"])
            self.tell(tuner)
        elif kind == "preset":
            tuner.save_preset(message["name"])
        elif kind in _MOVES:
            getattr(tuner, kind)()
            self.tell(tuner)
        elif kind == "thumbnail":
            for one in tuner.history:
                if one.key == message["key"]:
                    self.send({"kind": "thumbnail", "key": one.key}, [one.thumbnail])
        elif kind == "save":
            threading.Thread(target=self._save, args=(tuner,), daemon=True).start()
        elif kind == "piece":
            self._take_piece(tuner, message, bytes(buffers[0]))

    def _save(self, tuner: Tuner) -> None:
        """Send the full picture as a file, in a separate thread, because the picture may not exist yet."""
        try:
            name = f"{tuner.operation}.png"
            self.send({"kind": "file", "name": name}, [encode(tuner.result, ".png")])
        except AtelierError as error:
            self._refused = error
            self.tell(tuner)

    def _take_piece(self, tuner: Tuner, message: dict[str, Any], piece: bytes) -> None:
        if message["at"] == 0:
            self._upload = Upload(message["name"], message["size"])
        if self._upload is None:
            return
        self._upload.add(message["at"], piece)
        if self._upload.is_complete:
            name, self._upload = self._upload.keep(), None
            tuner.set(photo=name)
            self.tell(tuner)
        self.send({"kind": "piece", "is_taken": True})

    def _still_of(self, tuner: Tuner) -> Html:
        """The latest picture beside the picture for comparison, as HTML that needs no kernel."""
        if tuner.exact is None:
            return Html("", tuner.code)
        job, found = tuner.exact
        self._still_number = job.number
        names = (tuner.before.caption, caption(tuner, job, found))
        still = before_after(tuner.before.image, found.image, tuner.code_of(job), names=names)
        return Html(f'<div id="{self._still_name}">{still.html}</div>', tuner.code_of(job))


def _answer_while_a_cell_runs(comm: Any) -> None:
    """Answer each message on the subshell to which the browser sends the message.

    ipykernel 7.4 would hand a message to the shell on which the tuner last sent something. This shell is often the
    main shell, which answers only when the running cell has ended.
    """
    if comm is not None:
        comm._reply_subshell_for = lambda data, chosen_by_browser: chosen_by_browser
