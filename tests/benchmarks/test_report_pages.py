"""Faults planted in a page are found: by axe-core, on the console, and in its width."""

from pathlib import Path

import pytest

from benchmarks.report_pages import CHROMIUM, opened, started_chromium

SOUND = "<main><h1>A report</h1><p>Take numba.</p></main>"
FAULTY = (
    '<main><h1>A report</h1><img src="data:," width="9"><p style="color: #ccc">Take numba.</p>'
    '<div style="width: 3000px">wide</div></main><script>console.error("oh")</script>'
)


def test_planted_faults_are_found_and_a_sound_page_has_none(tmp_path: Path):
    pytest.importorskip("axe_playwright_python.base", reason="axe-core is not installed")
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed")
    with started_chromium() as browser:
        looks = []
        for name, body in (("sound", SOUND), ("faulty", FAULTY)):
            page = tmp_path / f"{name}.html"
            icon = '<link rel="icon" href="data:,">'
            page.write_text(f'<!doctype html><html lang="en"><title>{name}</title>{icon}{body}</html>')
            looks.append(opened(browser, page, width_px=420))
    sound, faulty = looks
    assert (sound.faults, sound.complaints) == ([], [])
    assert {text.partition(":")[0] for text in faulty.faults} == {"image-alt", "color-contrast"}
    assert any("wider" in text for text in faulty.complaints) and "oh" in faulty.complaints
