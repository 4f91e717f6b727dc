"""The average hash takes edited photos for the photos themselves; the hash of the content does not."""

from __future__ import annotations

import toolkit as tk
from toolkit.studies.cases.picture_hashes import average_hash, content_hash, edited, false_hits, one_false_hit


def test_two_different_pictures_have_one_average_hash():
    photo, changed, _ = one_false_hit(["astronaut"])
    assert (photo != changed).any()
    assert average_hash(photo) == average_hash(changed)
    assert content_hash(photo) != content_hash(changed)


def test_different_photos_have_different_hashes():
    photos = [tk.photo(name) for name in ("astronaut", "coffee", "chelsea")]
    assert len({average_hash(photo) for photo in photos}) == 3


def test_false_hits_are_counted_for_each_kind_of_hash():
    found = false_hits(["coffee", "rocket"])
    assert found["pairs"] == 8
    assert found["average_hits"] == sum(found["by_edit"].values()) > 0
    assert found["content_hits"] == 0


def test_a_patch_replaced_changes_the_middle_alone():
    photo = tk.photo("coffee")
    changed = edited(photo, "a_patch_replaced") != photo
    assert changed.any() and not changed[:100].any()
