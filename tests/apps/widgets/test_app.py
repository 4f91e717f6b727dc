"""Voila serves the tuner of a plug-in by its command: the page says each state in words, and lives through faults."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image as pillow

from benchmarks.browser import PATIENCE_MS, chromium
from tests.apps.widgets.tuner_page import EXACT, FILE, SIZE, STATE, VIEW, settled
from tests.waiting import wait_for
from toolkit.core.child_process import module_environment

PLUGINS = Path(__file__).parents[2] / "plugins"
NEEDED = [word for name in ("needs_nothing_you_have", "acts_up") for word in ("--plugin", f"{name}.py")]
SAYS = """state => {
    window.said = [];
    const note = () => said.push([state.dataset.state, state.textContent]);
    new MutationObserver(note).observe(state, {attributeFilter: ["data-state"]});
}"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The command and the address of the page; Ctrl-C ends the command and every process that it has started."""
    pytest.importorskip("voila", reason="Voila is not installed")
    folder = tmp_path_factory.mktemp("app")
    words = ["tune", "acts_up", "--app", *NEEDED, "--images", "retina", "--param", "level=9", "-q"]
    own = {"ATELIER_HOME": str(folder / "home"), "JUPYTER_CONFIG_DIR": str(folder / "config")}
    with (folder / "said.txt").open("wb") as said:
        command = subprocess.Popen(
            [sys.executable, "-m", "toolkit", *words],
            cwd=PLUGINS,
            env={**os.environ, **module_environment(), **own},
            stdout=said,
            stderr=said,
        )
    address: list[str] = []

    def has_address() -> bool:
        address[:] = re.findall(r"http://\S+", (folder / "said.txt").read_text())
        return bool(address) or command.poll() is not None

    try:
        wait_for(has_address)
        assert address, (folder / "said.txt").read_text()
        yield command, address[0]
    finally:
        if command.poll() is None:
            command.send_signal(signal.SIGINT)
        command.wait(60)


@pytest.fixture(scope="module")
def page(chromium_path: str, served: tuple[Any, str]) -> Iterator[Any]:
    with chromium() as shown:
        shown.goto(served[1])
        shown.wait_for_selector(EXACT, timeout=PATIENCE_MS)
        yield shown


def _said(page: Any) -> list[tuple[str, str]]:
    """The states, each a name and its words, in the order in which the page has said them since `SAYS`."""
    said = [(name, text) for name, text in page.evaluate("said")]
    return [one for i, one in enumerate(said) if i == 0 or one[0] != said[i - 1][0]]


def _move(page: Any) -> int:
    """Move the first slider by one step with a key; returns its value."""
    slider = page.locator(SIZE).first
    slider.focus()
    slider.press("ArrowRight")
    return int(slider.input_value())


def _has_state(page: Any, name: str, *words: str) -> None:
    page.wait_for_selector(f"{STATE}[data-state={name}]", timeout=PATIENCE_MS)
    text = page.locator(STATE).text_content()
    assert text.startswith(name) and all(word in text for word in words), text


def test_the_command_serves_the_settings_and_follows_a_move(page: Any) -> None:
    assert page.locator(".atelier-tuner .title").text_content() == "acts_up"
    assert page.locator(SIZE).first.input_value() == "9"
    settled(page, _move(page))


def test_without_a_halo_it_is_a_preview_until_the_full_picture_is_there(page: Any) -> None:
    view = page.locator(VIEW)
    view.focus()
    view.press("0")
    page.wait_for_timeout(500)
    page.locator(STATE).evaluate(SAYS)
    settled(page, _move(page))
    states = _said(page)
    assert [name for name, _ in states][-3:] == ["updating", "preview", "exact"]
    assert "not exact" in states[-2][1] and states[-1][1] == "exact, 1411 x 1411 px"
    view.press("f")


def test_a_first_compilation_has_a_state_of_its_own(page: Any) -> None:
    page.locator(STATE).evaluate(SAYS)
    page.get_by_label("backend", exact=True).select_option("numba")
    in_turn = "/compiling,.*preview,.*exact$/.test(said.map(([name]) => name).join())"
    page.wait_for_function(in_turn, timeout=PATIENCE_MS)
    states = _said(page)
    names = [name for name, _ in states]
    assert names[-2:] == ["preview", "exact"], names
    assert states[names.index("compiling")][1].startswith("compiling: the first call")
    page.locator(STATE).evaluate(SAYS)
    settled(page, _move(page))
    assert "compiling" not in [name for name, _ in _said(page)]


def test_a_missing_backend_is_skipped_with_the_line_that_installs_it(page: Any) -> None:
    backend = page.get_by_label("backend", exact=True)
    backend.select_option("needs_nothing_you_have")
    _has_state(page, "skipped", "not installed", "pip install nothing-you-have")
    assert backend.input_value() == "numba"
    backend.select_option("opencv")
    page.wait_for_selector(EXACT, timeout=PATIENCE_MS)


@pytest.mark.parametrize(("fault", "word"), [("raises", "ArithmeticError: planted"), ("dies", "killed")])
def test_a_fault_is_said_and_the_next_move_works(page: Any, fault: str, word: str) -> None:
    page.get_by_label("fault", exact=True).select_option(fault)
    _has_state(page, "failed", word, "last good picture")
    assert page.locator(VIEW).evaluate(
        "view => view.getContext('2d').getImageData(view.width * 0.75, view.height / 2, 1, 1).data[3] === 255"
    )
    page.get_by_label("fault", exact=True).select_option("none")
    page.wait_for_selector(EXACT, timeout=PATIENCE_MS)


def _truncated(path: Path) -> None:
    noise = np.random.default_rng(2).integers(0, 255, (1000, 1000, 3), np.uint8)
    pillow.fromarray(noise).save(path, "PNG", compress_level=0)
    path.write_bytes(path.read_bytes()[:2_500_000])  # two pieces of a message


def _of_200_mp(path: Path) -> None:
    pillow.new("L", (14_200, 14_200)).save(path, "PNG", compress_level=1)


def _one_pixel(path: Path) -> None:
    pillow.new("RGB", (1, 1), "teal").save(path, "PNG")


def _cmyk(path: Path) -> None:
    pillow.new("CMYK", (50, 30), (255, 0, 0, 0)).save(path, "JPEG")


def _turned(path: Path) -> None:
    tags = pillow.Exif()
    tags[0x0112] = 6  # stored 50 wide and 30 high, shown turned by 90 degrees
    pillow.new("RGB", (50, 30), "teal").save(path, "JPEG", exif=tags)


@pytest.mark.parametrize(
    ("made", "name", "state", "word"),
    [
        (_truncated, "broken.png", "refused", "broken.png"),
        (_of_200_mp, "huge.png", "refused", "200 MP"),
        (_one_pixel, "one.png", "exact", "exact, 1 x 1 px"),
        (_cmyk, "inks.jpg", "exact", "exact, 50 x 30 px"),
        (_turned, "turned.jpg", "exact", "exact, 30 x 50 px"),
    ],
)
def test_an_odd_picture_is_shown_or_refused_in_a_sentence_and_the_next_move_works(
    page: Any, tmp_path: Path, made: Callable[[Path], None], name: str, state: str, word: str
) -> None:
    made(tmp_path / name)
    page.locator(FILE).set_input_files(tmp_path / name)
    page.wait_for_function(
        f"document.querySelector('{STATE}[data-state={state}]')?.textContent.includes('{word}')",
        timeout=PATIENCE_MS,
    )
    settled(page, _move(page))
    page.get_by_label("photo", exact=True).select_option("retina")
    page.wait_for_function(f"document.querySelector('{EXACT}')?.textContent.includes('1411')")


def test_workers_that_are_killed_at_rest_are_said_and_the_next_move_works(
    page: Any, served: tuple[subprocess.Popen[bytes], str]
) -> None:
    for one in psutil.Process(served[0].pid).children(recursive=True):
        if "toolkit.workers.live_process" in one.cmdline():
            one.kill()
    _move(page)
    _has_state(page, "failed", "killed", "last good picture")
    settled(page, _move(page))


def test_without_a_network_the_page_says_offline_and_keeps_its_picture(page: Any) -> None:
    page.context.set_offline(True)
    _has_state(page, "offline", "last picture stays")
    page.context.set_offline(False)
    page.wait_for_selector(EXACT, timeout=PATIENCE_MS)


def test_ctrl_c_ends_the_command_and_every_process_of_it(served: tuple[subprocess.Popen[bytes], str]) -> None:
    command, _ = served
    started = psutil.Process(command.pid).children(recursive=True)
    assert started
    command.send_signal(signal.SIGINT)
    assert command.wait(60) == 0
    wait_for(lambda: not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in started))
