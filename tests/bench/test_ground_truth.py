"""What an output should have been: made from the photo, or read from the matte beside it."""

from __future__ import annotations

import numpy as np
import pytest

import toolkit as tk
from toolkit.bench.ground_truth import enlargement, matte_of, mean, metrics, quality_of, truth_of
from toolkit.bench.inputs import Inputs
from toolkit.bench.measure import measure
from toolkit.bench.plan import Plan
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.operation import load_plugin
from toolkit.contracts.trial import Trial
from toolkit.core.errors import InvalidValue
from toolkit.images.matte_quality import matte_quality
from toolkit.images.photos import at_size, photo
from toolkit.images.super_resolution import degrade, psnr_y_db, ssim_y

PLUGIN = "tests/plugins/mattes.py"
SHORT = Plan(blocks=1, seconds=0.05, timeout_s=60.0)


pytestmark = pytest.mark.usefixtures("own_cache_and_lock")


@pytest.fixture
def portrait(tmp_path):
    """A photo with a matte beside it."""
    file = tmp_path / "a_person.png"
    tk.save(photo("coffee"), file)
    matte = np.ascontiguousarray(photo("coffee")[:, ::-1, 2:])
    tk.save(matte, tmp_path / "a_person_alpha_by_hand.png")
    return file, matte


def matting_trial(request, *images, **changes) -> Trial:
    path = request.config.rootpath / PLUGIN
    sha = load_plugin(path)
    asked = {"images": tuple(map(str, images)), "size": (700, 390), **changes}
    return make_trial("mattes", "opencv", plugins=((str(path), sha),), **asked)


def enlarging_trial(**changes) -> Trial:
    asked = {"images": ("coffee", "astronaut"), "size": (96, 64), "params": {"scale": 3}, **changes}
    return make_trial("bicubic", "opencv", **asked)


class TestSuperResolution:
    def test_the_input_is_the_truth_shrunk(self):
        trial = enlarging_trial()
        with Inputs() as inputs:
            for name, path in inputs.paths(trial):
                truth = truth_of(trial, name)
                assert np.array_equal(truth, at_size(photo(name), 288, 192)[0])
                assert np.array_equal(np.load(path), degrade(truth, 3))
            assert inputs.note(trial) == "degraded x3 (MATLAB bicubic) from cropped photos"
            # Another scale at the same size is another input; a style takes the photo as it is.
            assert inputs.paths(trial.with_(params=(("scale", 4),))) != inputs.paths(trial)
            assert inputs.note(trial.with_(operation="oil_painting", params=())) == "cropped"

    def test_a_pre_step_takes_the_same_input_and_there_is_no_truth(self):
        trial = enlarging_trial(steps=(("fit_pixels", {"pixels": 1000}),))
        assert truth_of(trial, "coffee") is None
        with Inputs() as inputs:
            assert inputs.paths(trial) == inputs.paths(trial.with_(steps=()))

    def test_a_truth_beyond_120_mp_is_not_made(self):
        assert enlargement(enlarging_trial(size=(4032, 3024))) == 3
        assert enlargement(enlarging_trial(size=(4500, 3024))) == 1
        assert truth_of(enlarging_trial(size=(4500, 3024)), "coffee") is None

    def test_timed_outputs_are_held_against_the_truth_and_the_mean_over_photos_is_given(self):
        trial = enlarging_trial()
        answer = measure(trial, plan=SHORT)
        assert answer.status == "ok", answer.note
        by_hand = []
        for name in trial.images:
            truth, _ = at_size(photo(name), 288, 192)
            output = tk.apply("bicubic", degrade(truth, 3), scale=3)
            figures = psnr_y_db(output, truth, border_px=3), ssim_y(output, truth, border_px=3)
            by_hand.append(figures)
        assert answer.quality == {
            "psnr_y_db": pytest.approx(np.mean([psnr for psnr, _ in by_hand])),
            "ssim_y": pytest.approx(np.mean([ssim for _, ssim in by_hand])),
        }
        assert by_hand[0][0] != pytest.approx(by_hand[1][0], abs=0.1)
        assert answer.input_note == "degraded x3 (MATLAB bicubic) from cropped photos"

    def test_what_cannot_be_judged_is_not(self):
        trial = enlarging_trial(size=(2, 40))
        truth = truth_of(trial, "coffee")
        assert quality_of(trial, truth, truth) == {}  # the border is all
        trial = enlarging_trial()
        truth = truth_of(trial, "coffee")
        assert quality_of(trial, truth[1:], truth) == {}
        assert quality_of(trial, truth, None) == {}
        assert quality_of(trial, truth, truth) == {"psnr_y_db": 100.0, "ssim_y": pytest.approx(1, abs=1e-6)}


class TestMattes:
    def test_the_matte_is_brought_to_the_size_as_its_photo_is(self, request, portrait):
        file, matte = portrait
        assert np.array_equal(matte_of(file), matte)
        for size in ((700, 390), (300, 600), (600, 400)):
            trial = matting_trial(request, file, size=size)
            assert np.array_equal(truth_of(trial, str(file)), at_size(matte, *size)[0])

    def test_timed_outputs_are_held_against_it(self, request, portrait):
        file, matte = portrait
        answer = measure(matting_trial(request, file, "astronaut"), plan=SHORT)
        assert answer.status == "ok", answer.note
        green, _ = at_size(photo("coffee")[..., 1:2], 700, 390)
        # The sample has no matte: it does not count.
        assert answer.quality == pytest.approx(matte_quality(green, at_size(matte, 700, 390)[0]), rel=1e-5)

    @pytest.mark.parametrize("params", [{"weights": "untrained"}, {"output": "composite"}])
    def test_untrained_weights_and_other_outputs_have_none(self, request, portrait, params):
        answer = measure(matting_trial(request, portrait[0], params=params), plan=SHORT)
        assert answer.status == "ok", answer.note
        assert answer.quality == {}

    def test_none_or_several_beside_it_are_no_truth(self, request, portrait):
        file, matte = portrait
        assert matte_of("coffee") is None
        assert truth_of(matting_trial(request, "coffee"), "coffee") is None
        tk.save(matte, file.with_name("a_person_alpha_2.png"))
        assert matte_of(file) is None

    def test_a_matte_of_another_photo_is_refused(self, portrait):
        file, matte = portrait
        beside = file.with_name("a_person_alpha_by_hand.png")
        tk.save(np.ascontiguousarray(matte[1:]), beside, force=True)
        with pytest.raises(InvalidValue, match="size of its photo, 600 x 400 px; got 600 x 399 px"):
            matte_of(file)
        tk.save(photo("coffee"), beside, force=True)
        with pytest.raises(InvalidValue, match="must be grey"):
            matte_of(file)


def test_the_mean_is_over_pictures():
    assert mean([{"mad": 0.1, "sad": 4.0}, {"mad": 0.3, "sad": 5.0}]) == {
        "mad": pytest.approx(0.2),
        "sad": 4.5,
    }
    assert mean([]) == {}


def test_luma_can_be_rounded_first():
    truth, _ = at_size(photo("astronaut"), 90, 60)
    output = np.clip(truth.astype(int) + np.random.default_rng(0).integers(-3, 4, truth.shape), 0, 255)
    output = output.astype(np.uint8)
    plain, rounded = (
        metrics("super-resolution", output, truth, border_px=2, rounded=r)["psnr_y_db"] for r in (False, True)
    )
    assert plain == psnr_y_db(output, truth, border_px=2)
    assert rounded == psnr_y_db(output, truth, border_px=2, rounded=True) < plain
