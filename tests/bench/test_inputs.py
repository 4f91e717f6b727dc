import os
import subprocess
import sys

import numpy as np
import pytest

from toolkit.bench.inputs import Inputs, load_output
from toolkit.contracts.checked_trial import make_trial
from toolkit.images.image import content_hash
from toolkit.images.photos import photo

SLEEPER = (
    "from toolkit.bench.inputs import Inputs\ninputs = Inputs()\nprint(inputs.folder, flush=True)\ninput()\n"
)


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)


def test_the_files_hold_the_photos_at_the_size_of_the_trial():
    with Inputs() as inputs:
        trial = make_trial("oil_painting", "opencv", images=("coffee", "astronaut"), size=(560, 400))
        named = inputs.paths(trial)
        assert [name for name, _ in named] == ["coffee", "astronaut"]
        coffee, astronaut = (np.load(path) for _, path in named)
        assert (coffee == photo("coffee")[:, 20:580]).all()
        assert astronaut.shape == (400, 560, 3)
        assert inputs.note(trial) == "cropped and mirror-tiled"
        assert inputs.hash(trial, "coffee") == content_hash(coffee)
        assert inputs.paths(trial.with_(workers=2)) == named
        assert len(list(inputs.folder.iterdir())) == 2
    assert not inputs.folder.exists()


def test_an_output_is_read_once(tmp_path):
    np.save(tmp_path / "0.npy", np.ones((2, 2, 3), np.uint8))
    assert load_output(tmp_path / "0.npy").sum() == 12
    assert not (tmp_path / "0.npy").exists()


def test_the_folder_of_a_killed_driver_goes_with_the_next_one_and_a_living_ones_stays(tmp_path):
    drivers = [
        subprocess.Popen(
            [sys.executable, "-c", SLEEPER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    try:
        living, killed = (driver.stdout.readline().strip() for driver in drivers)
        drivers[1].kill()
        drivers[1].wait()
        assert os.path.isdir(killed)
        (tmp_path / "atelier-inputs-not-a-folder").touch()
        with Inputs() as inputs:
            assert inputs.folder.is_dir()
            assert not os.path.exists(killed)
            assert os.path.isdir(living)
            with Inputs() as another:
                assert inputs.folder.is_dir() and another.folder != inputs.folder
    finally:
        for driver in drivers:
            driver.communicate("\n")
    assert not os.path.exists(living)
