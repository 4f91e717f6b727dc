"""Sample photos, the user's own, and photos at a size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from skimage import data

from toolkit.core.errors import InvalidValue, UnknownName
from toolkit.images.image import load, save
from toolkit.images.photos import DEFAULT_POOL, SAMPLES, at_size, names, photo, size_for

SMALL = np.random.default_rng(3).integers(0, 256, (4, 6, 3), dtype=np.uint8)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with data that has three pictures in data/images."""
    images = tmp_path / "data" / "images"
    images.mkdir(parents=True)
    for name, value in (("pier.png", 10), ("lake.png", 20), ("lake.bmp", 30)):
        save(np.full((2, 3, 3), value, np.uint8), images / name)
    (images / "README.md").write_text("not a picture")
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_a_colour_photo_with_a_credit(name: str) -> None:
    image = photo(name)
    assert image.shape[2] == 3 and image.shape[0] * image.shape[1] > 100_000
    assert not np.array_equal(image[..., 0], image[..., 2])
    assert f"{image.shape[1]} x {image.shape[0]}" in SAMPLES[name].about
    assert SAMPLES[name].credit


def test_a_sample_is_the_picture_of_scikit_image_in_bgr() -> None:
    assert np.array_equal(photo("astronaut"), data.astronaut()[..., ::-1])


def test_names_without_own_pictures_are_the_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path / "new"))
    assert names() == list(SAMPLES)
    assert set(DEFAULT_POOL) <= set(SAMPLES)


def test_own_photos_are_found_by_file_name_and_by_a_unique_stem(checkout: Path) -> None:
    assert names() == [*SAMPLES, "lake.bmp", "lake.png", "pier.png"]
    assert photo("pier")[0, 0, 0] == photo("pier.png")[0, 0, 0] == 10
    assert photo("lake.bmp")[0, 0, 0] == 30
    with pytest.raises(UnknownName, match=r"got 'lake'. Did you mean 'lake"):
        photo("lake")


def test_a_file_of_the_current_folder_comes_before_own_photos(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    trip = tmp_path_factory.mktemp("trip")
    monkeypatch.chdir(trip)
    (trip / "pier").mkdir()  # a folder is no picture
    assert photo("pier")[0, 0, 0] == photo("pier.png")[0, 0, 0] == 10
    save(np.full((2, 3, 3), 99, np.uint8), trip / "pier.png")
    assert photo("pier.png")[0, 0, 0] == 99


def test_any_path_is_a_photo(tmp_path: Path) -> None:
    file = save(SMALL, tmp_path / "mine.png")
    assert np.array_equal(photo(file), SMALL)
    assert np.array_equal(photo(str(file)), SMALL)


def test_an_unknown_name_gets_a_suggestion_and_a_missing_path_its_sentence() -> None:
    with pytest.raises(UnknownName, match="got 'astronout'. Did you mean 'astronaut'?"):
        photo("astronout")
    with pytest.raises(InvalidValue, match="which does not exist"):
        photo("missing.jpg")
    with pytest.raises(InvalidValue, match="must be a name or a path; got 3"):
        photo(3)


def test_the_same_size_is_the_photo_itself() -> None:
    image, note = at_size(SMALL, 6, 4)
    assert image is SMALL and note == ""


def test_a_smaller_size_is_the_centre() -> None:
    image, note = at_size(SMALL, 3, 2)
    assert note == "cropped" and np.array_equal(image, SMALL[1:3, 1:4])


@pytest.mark.parametrize(("width", "height"), [(7, 5), (40, 31), (6, 9), (13, 4), (1000, 1)])
def test_a_larger_size_is_mirror_tiled(width: int, height: int) -> None:
    image, note = at_size(SMALL, width, height)
    top = max(0, (4 - height) // 2)
    start = SMALL[top : top + min(4, height)]
    padding = ((0, max(0, height - 4)), (0, max(0, width - 6)), (0, 0))
    assert note == "mirror-tiled"
    assert image.flags.c_contiguous
    assert np.array_equal(image, np.pad(start, padding, mode="symmetric"))


def test_one_axis_may_be_cropped_while_the_other_is_tiled() -> None:
    image, note = at_size(SMALL, 12, 2)
    assert note == "mirror-tiled"
    assert np.array_equal(image, np.hstack([SMALL[1:3], SMALL[1:3, ::-1]]))
    assert at_size(SMALL, 2, 12)[0].shape == (12, 2, 3)


@pytest.mark.parametrize(("width", "height"), [(0, 4), (4, -1), (2.5, 4), (True, 4), (30_000, 30_000)])
def test_sizes_that_make_no_sense_are_refused(width: float, height: int) -> None:
    with pytest.raises(InvalidValue, match="of a photo's size must be"):
        at_size(SMALL, width, height)


@pytest.mark.parametrize("megapixels", [0.05, 0.5, 1, 2, 4, 6.75, 8, 12.2, 24, 100, 400])
@pytest.mark.parametrize("aspect", [4 / 3, 3 / 2, 1, 9 / 16])
def test_a_size_is_even_and_close_to_what_was_asked(megapixels: float, aspect: float) -> None:
    width, height = size_for(megapixels, aspect)
    assert width % 2 == height % 2 == 0
    assert width * height == pytest.approx(megapixels * 1e6, rel=3 / min(width, height))
    assert width / height == pytest.approx(aspect, rel=2 / min(width, height))


def test_camera_sizes_come_out_as_they_are() -> None:
    assert size_for(12.2) == (4032, 3024)
    assert size_for(6.75) == (3000, 2250)
    assert size_for(1e-6) == (2, 2)


@pytest.mark.parametrize("megapixels", [0, -1, float("nan"), float("inf"), 401])
def test_impossible_megapixels_are_refused(megapixels: float) -> None:
    with pytest.raises(InvalidValue, match="'megapixels' of a photo's size must be"):
        size_for(megapixels)
    with pytest.raises(InvalidValue, match="'aspect' of a photo's size must be"):
        size_for(1, aspect=megapixels)


def test_a_real_12_mp_photo_is_cropped_to_the_size_asked_for(test_images: Path) -> None:
    whole = load(test_images / "photos_12mp" / "Morskie_Oko.jpg")
    image, note = at_size(whole, *size_for(12.2))
    assert whole.shape == (3456, 5184, 3) and image.shape == (3024, 4032, 3) and note == "cropped"
    assert np.array_equal(image, whole[216:3240, 576:4608])
