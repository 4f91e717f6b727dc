import dataclasses

import pytest

from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.notation import parse_trial
from toolkit.contracts.operation import OPERATIONS
from toolkit.contracts.trial import size_after
from toolkit.core.errors import InvalidValue, Unavailable


def test_a_path_reads_back_unless_it_has_a_separator_in_it(tmp_path):
    for name in ("plain.png", "two words.png", "a=b@c:d.png", "größe 100%.png"):
        (tmp_path / name).touch()
        trial = make_trial("oil_painting", "opencv", images=("coffee", str(tmp_path / name)), size=(4, 4))
        assert parse_trial(str(trial)) == trial
    for name in ("a,b.png", "c++.png"):
        (tmp_path / name).touch()
        with pytest.raises(InvalidValue) as caught:
            make_trial("oil_painting", "opencv", images=(str(tmp_path / name),))
        said = str(caught.value)
        assert said.startswith(
            "'images' of a trial must be names or paths without comma, plus sign or outer spaces; got "
        )
        assert said.endswith("Rename the file, or a folder in its path.")


def test_a_step_that_could_not_be_written_is_refused():
    twice = (("fit_side", {"side": 100}), ("fit_side", {"side": 50}))
    with pytest.raises(
        InvalidValue, match="'steps' of a trial must be different operations that have a parameter"
    ):
        make_trial("oil_painting", "opencv", steps=twice)


def test_size_and_megapixels_exclude_each_other():
    with pytest.raises(InvalidValue, match="given without megapixels"):
        make_trial("oil_painting", "opencv", size=(4, 4), megapixels=1)
    assert parse_trial("oil_painting@opencv:input=4x4", megapixels=2).width == 4
    assert parse_trial("oil_painting@opencv:megapixels=0.5", size=(4, 4)).megapixels == pytest.approx(
        0.5, rel=0.01
    )


def test_the_backend_is_chosen_for_the_size_that_reaches_the_operation():
    shrunk = parse_trial("stylization:fit_pixels.pixels=1000000,megapixels=12.2", images=("coffee",))
    assert (shrunk.width, shrunk.height) == (4032, 3024)
    assert size_after(shrunk.steps, shrunk.width, shrunk.height) == (1154, 866)
    assert OPERATIONS["stylization"].wrong_because("opencv", 866, 1154, {}) == ""


def test_no_backend_that_is_wrong_at_that_size_is_chosen(monkeypatch):
    stylize = dataclasses.replace(OPERATIONS["stylization"], name="only_opencv", prefer=("opencv",))
    monkeypatch.setattr(OPERATIONS, "_added", {**OPERATIONS._added, "only_opencv": stylize})
    with pytest.raises(Unavailable, match=r"only_opencv has no backend for 4032 x 3024 px here: .*2\^24"):
        parse_trial("only_opencv:megapixels=12.2")
    assert parse_trial("only_opencv:fit_side.side=1600,megapixels=12.2").backend == "opencv"
