"""Pictures at their defaults and presets: what a person would keep, on eight photos; and where presets can be named."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

import toolkit as tk
from toolkit.apps.cli.main import run
from toolkit.bench.grid import Grid
from toolkit.contracts.notation import parse_trial
from toolkit.core.errors import UnknownName
from toolkit.core.params import ShareOfSide

DARK = 40  # luma


@pytest.fixture(scope="module")
def photos(test_images):
    named = [tk.photo(name) for name in ("astronaut", "chelsea", "coffee", "rocket")]
    kodak = [tk.load(test_images / f"kodak/kodim{number:02}.png") for number in (3, 4, 5, 7)]
    return [tk.apply("fit_side", picture, side=400) for picture in (*named, *kodak)]


def luma(image):
    return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)


def sharpness(image):
    return cv2.Laplacian(luma(image), cv2.CV_64F).std()


def test_a_pencil_sketch_is_light_and_opencvs_is_a_preset(photos):
    ours = [luma(tk.apply("pencil_sketch", photo)).mean() for photo in photos]
    opencv = [luma(tk.apply("pencil_sketch", photo, preset="opencv")).mean() for photo in photos]
    assert np.median(ours) > 180 > 120 > np.median(opencv)
    np.testing.assert_array_equal(
        tk.apply("pencil_sketch", photos[0], preset="opencv", backend="opencv")[..., 0],
        cv2.pencilSketch(photos[0])[0],
    )


def test_paper_has_no_grey_veil(photos):
    def paper_white(**params):
        return [(tk.apply("color_pencil", photo, **params).min(axis=2) > 245).mean() for photo in photos]

    assert min(paper_white(preset="paper")) > 0.05 > max(paper_white())


def test_soft_watercolour_has_no_black_blots(photos):
    def blots(**params):
        made = [(photo, tk.apply("stylization", photo, **params)) for photo in photos]
        return [((luma(drawn) < DARK) & (luma(photo) > 2 * DARK)).mean() for photo, drawn in made]

    assert np.mean(blots(preset="soft")) < 0.6 * np.mean(blots())


def test_edge_preserving_keeps_the_edges(photos):
    def kept(**params):
        pairs = [(photo, tk.apply("edge_preserving", photo, **params)) for photo in photos]
        return np.median([sharpness(after) / sharpness(before) for before, after in pairs])

    assert kept() > 0.75 > kept(preset="opencv")


def test_a_relative_size_follows_the_picture():
    small, large = tk.photo("coffee"), cv2.resize(tk.photo("coffee"), None, fx=3, fy=3)
    for image, size in ((small, 5), (large, 14)):
        expected = tk.apply("oil_painting", image, size=size)
        np.testing.assert_array_equal(tk.apply("oil_painting", image, preset="broad"), expected)
    both = tk.apply_many("oil_painting", [small, large], preset="broad")
    np.testing.assert_array_equal(both[1], tk.apply("oil_painting", large, size=14))
    assert dict(parse_trial("oil_painting@numba:preset=broad,input=1800x1200").params) == {"size": 14}
    assert dict(parse_trial("oil_painting@numba:preset=broad,size=3").params) == {"size": 3}


@pytest.mark.parametrize("name", tk.OPERATIONS)
def test_every_preset_is_admitted_and_makes_another_picture_than_the_default(name):
    op = tk.OPERATIONS[name]
    for preset in op.presets:
        assert op.resolve({"preset": preset}, size=(3000, 4000)) != op.resolve({})


def test_a_preset_can_be_named_wherever_a_parameter_can(tmp_path, capsys):
    expected = parse_trial("pencil_sketch@numba:shade_factor=0.02")
    assert parse_trial("pencil_sketch@numba:preset=opencv") == expected
    assert parse_trial(str(expected)) == expected
    grid = Grid(operations=("pencil_sketch", "stylization"), backends=("numba",), params={"preset": "opencv"})
    assert [trial.params for trial in grid.trials()] == [(("shade_factor", 0.02),), ()]
    with pytest.raises(UnknownName, match="preset"):
        parse_trial("pencil_sketch@numba:preset=dark")
    asked = ["bench", "pencil_sketch", "stylization", "--param", "preset=soft", "--dry-run", "--json"]
    assert run(asked) == 0
    assert "sigma_r=1" in capsys.readouterr().out


def test_presets_are_listed(capsys):
    assert run(["list", "operations", "-v"]) == 0
    said = capsys.readouterr().out
    assert "shade_factor=0.02" in said and "size=0.5 % of the shorter side" in said
    assert run(["list", "operations", "--json"]) == 0
    listed = {item["name"]: item for item in json.loads(capsys.readouterr().out)}
    assert listed["pencil_sketch"]["presets"]["opencv"] == {"shade_factor": 0.02}
    assert ShareOfSide(0.005) in tk.OPERATIONS["oil_painting"].presets["fine"].values()
