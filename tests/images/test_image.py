"""Writing, checking, showing and hashing a picture."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image as Pillow

from tests.images.picture_files import BGR, BGRA, close
from toolkit.core.errors import InvalidValue
from toolkit.images.encode import SUFFIXES
from toolkit.images.image import check, content_hash, load, save, show


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("channels", [1, 3])
def test_saved_pictures_come_back(tmp_path: Path, suffix: str, channels: int) -> None:
    image = np.ascontiguousarray(BGR[..., :channels])
    file = save(image, tmp_path / f"out{suffix.upper()}")
    back = load(file)
    expected = np.broadcast_to(image, BGR.shape)
    if suffix in (".jpg", ".jpeg", ".webp"):
        assert close(back, expected)
    else:
        assert np.array_equal(back, expected)
    assert [f.name for f in tmp_path.iterdir()] == [file.name]


def test_an_existing_file_is_kept_unless_forced(tmp_path: Path) -> None:
    file = save(BGR, tmp_path / "out.png")
    with pytest.raises(InvalidValue, match="must be a new file.*--force"):
        save(255 - BGR, file)
    assert np.array_equal(load(file), BGR)
    save(255 - BGR, file, force=True)
    assert np.array_equal(load(file), 255 - BGR)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("out.gif", "which ends in '.gif'"),
        ("out", "which has no suffix"),
        ("nowhere/out.png", "Create '.*nowhere' first"),
        ("folder.png", "a directory"),
        ("x" * 300 + ".png", "cannot be written"),
    ],
)
def test_paths_that_cannot_be_written_are_refused(tmp_path: Path, name: str, sentence: str) -> None:
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(InvalidValue, match=sentence):
        save(BGR, tmp_path / name, force=True)
    assert [f.name for f in tmp_path.iterdir()] == ["folder.png"]


def test_a_read_only_folder_is_one_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    if os.access(folder, os.W_OK):  # root may write anywhere but in a kernel's own folder
        folder = Path("/proc")
    with pytest.raises(InvalidValue, match="must be in a writable folder with free space"):
        save(BGR, folder / "out.png")


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    save(BGR, tmp_path / "out.png")
    code = f"""
import resource, sys
import numpy as np
from toolkit.images.image import save
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    noise = np.random.default_rng(0).integers(0, 256, (99, 99, 3), np.uint8)
    save(noise, {str(tmp_path / "out.png")!r}, force=True)
except ValueError as error:
    sys.exit(str(error))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "cannot be written (File too large)" in done.stderr
    assert np.array_equal(load(tmp_path / "out.png"), BGR)
    assert [f.name for f in tmp_path.iterdir()] == ["out.png"]


def test_check_returns_the_same_array_when_it_keeps_the_contract() -> None:
    frozen = BGR.copy()
    frozen.flags.writeable = False
    assert check(frozen, "stylization") is frozen


def test_check_makes_a_strided_view_contiguous() -> None:
    checked = check(BGR[:, ::2], "stylization")
    assert checked.flags.c_contiguous and np.array_equal(checked, BGR[:, ::2])


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (BGR / 255, "got 'float64 (31, 47, 3)'. Scale the values to 0-255"),
        (BGR[..., 0], "got 'uint8 (31, 47)'. Convert grey with cv2.cvtColor"),
        (BGR[..., :1], "got 'uint8 (31, 47, 1)'. Convert grey with cv2.cvtColor"),
        (BGRA, "got 'uint8 (31, 47, 4)'. Drop the alpha"),
        (np.moveaxis(BGR, -1, 0), "last axis"),
        (BGR[:0], "at least one pixel; got 'uint8 (0, 47, 3)'."),
        ("photo.jpg", "got 'str'. tk.load(path) reads a picture file."),
        (BGR.tolist(), "got 'list'"),
    ],
)
def test_check_refuses_in_one_sentence(image: object, sentence: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        check(image, "oil_painting")
    assert str(caught.value).startswith(
        "'image' of oil_painting must be a uint8 array of shape (height, width, 3)"
    )
    assert sentence in str(caught.value)


@pytest.mark.parametrize("image", [BGR, BGRA, BGR[..., :1]])
def test_show_is_a_png_in_the_right_colours(image: npt.NDArray[np.uint8]) -> None:
    picture = show(image)
    shown = np.asarray(Pillow.open(io.BytesIO(picture._repr_png_())))
    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[image.shape[2]]
    assert np.array_equal(shown.reshape(image.shape), image[..., order])
    assert repr(picture) == "Picture(width=47, height=31)"


def test_show_averages_a_large_picture_down() -> None:
    large = np.zeros((2, 4096, 3), np.uint8)
    large[:, ::2] = 200
    shown = np.asarray(Pillow.open(io.BytesIO(show(large)._repr_png_())))
    assert shown.shape == (1, 1024, 3) and (shown == 100).all()


def test_content_hash_depends_on_values_and_shape_alone() -> None:
    assert content_hash(BGR) == content_hash(np.asfortranarray(BGR)) == content_hash(BGR.copy())
    changed = BGR.copy()
    changed[-1, -1, -1] ^= 1
    assert len({content_hash(BGR), content_hash(changed), content_hash(BGR.reshape(47, 31, 3))}) == 3
    assert len(content_hash(BGR)) == 64


def test_importing_the_package_imports_no_decoder() -> None:
    code = "import sys, toolkit.images.photos; print({'cv2', 'PIL', 'skimage'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
