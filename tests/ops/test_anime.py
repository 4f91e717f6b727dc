"""Photo to anime: styles, their files, and the refusal of tiles."""

from __future__ import annotations

import numpy as np
import pytest

import toolkit as tk
from toolkit.contracts.operation import OPERATIONS
from toolkit.core.errors import InvalidValue, Unsupported

ANIME = OPERATIONS["anime"]
PHOTO = np.ascontiguousarray(tk.photo("chelsea")[60:111, 100:163])


@pytest.mark.parametrize(
    ("style", "file"),
    [
        ("cartoongan_paprika", "cartoongan_light_paprika.npz"),
        ("cartoongan_shinkai", "cartoongan_light_shinkai.npz"),
        ("celeba_distill", "celeba_distill.pt"),
        ("face_paint_512_v1", "face_paint_512_v1.pt"),
        ("face_paint_512_v2", "face_paint_512_v2.pt"),
        ("paprika", "paprika.pt"),
    ],
)
def test_each_style_has_its_published_file(style, file):
    assert ANIME.network_of(ANIME.resolve({"style": style})).weights == file


def test_an_unknown_style_is_refused_in_one_sentence():
    with pytest.raises(
        InvalidValue, match="'style' of anime must be one of cartoongan_shinkai, .*; got 'hayao'"
    ):
        tk.apply("anime", PHOTO, style="hayao")


@pytest.mark.parametrize("style", ["cartoongan_paprika", "paprika"])
def test_any_size_is_kept_and_tiles_are_refused(style):
    how = {"style": style, "weights": "untrained", "backend": "torch"}
    assert tk.apply("anime", PHOTO, **how).shape == PHOTO.shape
    with pytest.raises(Unsupported, match="cannot be tiled: the network normalises by the mean"):
        tk.apply("anime", PHOTO, tile=32, **how)


def test_paprika_is_red_where_the_photo_is_and_not_blue(real_weights, test_images, monkeypatch):
    monkeypatch.setenv("ATELIER_WEIGHTS", str(real_weights))
    photo = np.ascontiguousarray(tk.load(test_images / "kodak" / "kodim07.png")[340:500, 500:700])
    drawn = tk.apply("anime", photo, backend="torch")
    # A red hibiscus before green leaves: the flower stays, leaves turn to the style's browns.
    flower = photo[..., 2].astype(int) - photo[..., 1] > 90
    assert flower.mean() > 0.1
    blue, green, red = drawn[flower].mean(axis=0)
    assert red > green + 60 and red > blue + 60
    assert drawn[..., 2].mean() > drawn[..., 0].mean() + 20
