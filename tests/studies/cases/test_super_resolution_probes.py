"""Two published networks judged alike on one photo, which was shrunk in two ways."""

from __future__ import annotations

from toolkit.studies.cases.super_resolution_probes import judged_alike, missing_networks

PHOTO = {"photo": "astronaut", "width": 80, "height": 60}


def test_the_gap_of_the_two_networks_depends_on_how_the_photo_was_shrunk(monkeypatch, real_weights):
    monkeypatch.setenv("ATELIER_WEIGHTS", str(real_weights))
    assert missing_networks(PHOTO) == ""
    found = judged_alike(PHOTO)
    over_bicubic = {
        (name, how): found[f"{name}_{how}_db"] - found[f"bicubic_{how}_db"]
        for name in ("fsrcnn", "carn_m")
        for how in ("matlab", "opencv")
    }
    assert over_bicubic["carn_m", "matlab"] > 1 > over_bicubic["fsrcnn", "matlab"]
    assert over_bicubic["fsrcnn", "opencv"] > over_bicubic["fsrcnn", "matlab"]
    assert over_bicubic["carn_m", "opencv"] < over_bicubic["carn_m", "matlab"]


def test_missing_weights_name_the_command_that_fetches_them(monkeypatch, tmp_path):
    monkeypatch.setenv("ATELIER_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path))
    assert "atelier weights fetch" in missing_networks(PHOTO)
