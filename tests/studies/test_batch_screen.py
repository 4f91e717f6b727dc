"""The first screen of a batch says how many pictures a second, what failed, and which stage takes the time."""

from __future__ import annotations

from dataclasses import replace

import pytest

import toolkit as tk
from toolkit.core.errors import InvalidValue
from toolkit.studies.batch_folders import DAMAGED_NAME, folders_of_batch
from toolkit.studies.batch_screen import screen_of_batch


@pytest.fixture(scope="module")
def run():
    """A real batch of five crops in four formats and a damaged file."""
    folders = folders_of_batch(pictures=6)
    return folders, tk.batch("fit_side", folders.source, folders.out, executor="inline", side=64)


def test_one_file_of_the_made_folder_is_damaged_and_the_formats_are_several(run):
    folders, summary = run
    assert (summary.total, summary.done, summary.failed) == (6, 5, 1)
    assert summary.errors[0][0] == DAMAGED_NAME
    assert len({path.suffix for path in folders.source.iterdir()}) == 4


def test_the_answer_has_rate_stage_and_failure_with_the_picture(run):
    folders, summary = run
    screen = screen_of_batch(summary, folders, operation="fit_side", workers=1)
    longest = max(summary.stages_s, key=lambda stage: summary.stages_s[stage])
    assert (
        "pictures per second" in str(screen) and longest in str(screen) and "1 picture failed" in str(screen)
    )
    rate, stages, failed = screen.cards
    assert rate.pair.left == "000.jpg" and rate.pair.after.shape[1] == 64
    assert longest in stages.figures[0][1]
    assert failed.figures == [("1", "unreadable")] and DAMAGED_NAME in failed.sure and not failed.is_sure
    assert "5 of 6 pictures done" in screen.html()


def test_a_second_run_says_that_nothing_was_left_and_shows_no_rate(run):
    folders, _ = run
    again = tk.batch("fit_side", folders.source, folders.out, executor="inline", side=64)
    screen = screen_of_batch(again, folders, operation="fit_side", workers=1)
    assert "earlier run" in str(screen) and "per second" not in str(screen)
    assert [card.title for card in screen.cards] == ["Pictures per second", "Failed pictures"]


def test_without_a_failure_it_says_so(run):
    folders, summary = run
    whole = replace(summary, failed=0, kinds={}, errors=[])
    screen = screen_of_batch(whole, folders, operation="fit_side", workers=2)
    assert "no picture failed" in str(screen) and screen.cards[-1].is_sure


def test_the_users_folders_are_taken_as_they_are(tmp_path):
    folders = folders_of_batch(str(tmp_path), str(tmp_path / "out"))
    assert (folders.source, folders.out, folders.is_made) == (tmp_path, tmp_path / "out", False)
    assert list(tmp_path.iterdir()) == []


def test_temporary_folders_go_with_their_object():
    folders = folders_of_batch(pictures=2)
    source = folders.source
    assert len(list(source.iterdir())) == 2
    del folders
    assert not source.parent.exists()


def test_a_folder_that_is_missing_and_too_few_pictures_are_refused(tmp_path):
    with pytest.raises(InvalidValue, match="folder"):
        folders_of_batch(str(tmp_path / "none"))
    with pytest.raises(InvalidValue, match="at least 2"):
        folders_of_batch(pictures=1)
