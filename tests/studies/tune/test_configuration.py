"""Configurations: written, read, run and refused; the same pixels as ``tk.apply`` makes."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

import toolkit as tk
from tests.bench.planted import PLUGINS, trial_of
from toolkit.contracts.backend import BACKENDS
from toolkit.contracts.checked_trial import make_trial
from toolkit.core.errors import InvalidValue, TrialFailed, Unavailable, UnknownName
from toolkit.studies.tune.configuration import (
    Configuration,
    environment_of,
    grid_of,
    made_for,
    read_configuration,
    what_differs,
)

TEXT = """\
format: 1
operation: oil_painting
params: {size: 5}
run: {backend: opencv, options: {}, device: cpu, precision: fp32, threads: 1, workers: 1, batch: 1}
input: {width: 640, height: 480}
asked: {minimize: latency, max_p95_ms: 300}
found: {median_ms: 12.5, interval_ms: [12.1, 12.9]}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "oil.yaml"
    path.write_text(TEXT)
    return path


def _with(file: Path, old: str, new: str) -> Path:
    file.write_text(TEXT.replace(old, new))
    return file


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    trial = make_trial(
        "anime",
        "openvino",
        params={"style": "cartoongan_paprika", "weights": "untrained"},
        steps=(("fit_pixels", {"pixels": 100_000}),),
        options={"streams": 2},
        precision="bf16",
        threads=2,
        size=(512, 384),
        batch=2,
    )
    written = Configuration(trial=trial, record={"asked": {"max_p95_ms": 300.0}, "ties": ["a: 0.99 to 1.01"]})
    read = read_configuration(written.write(tmp_path / "anime.yaml"))
    assert read.trial == trial
    assert read.record == written.record


def test_the_file_is_one_short_line_for_each_key(file: Path) -> None:
    lines = read_configuration(file).to_yaml().splitlines()
    assert lines[1] == "operation: oil_painting"
    assert lines[2] == "params: {size: 5}"
    assert len(lines) == 7


def test_a_configuration_makes_the_pixels_of_apply(file: Path) -> None:
    photo = tk.photo("coffee")
    with tk.load_config(file) as paint:
        twice = [paint(photo), paint(photo)]
    expected = tk.apply("oil_painting", photo, backend="opencv", threads=1, size=5)
    for made in twice:
        np.testing.assert_array_equal(made, expected)


def test_alpha_is_carried_and_steps_run_first(file: Path) -> None:
    path = _with(file, "operation: oil_painting\n", "operation: espcn\n")
    path.write_text(
        "format: 1\noperation: bicubic\nparams: {scale: 2}\nsteps: {fit_pixels: {pixels: 1200}}\n"
        "run: {threads: 1}\n"
    )
    picture = np.dstack([tk.photo("coffee")[:60, :80], np.full((60, 80), 200, np.uint8)])
    with tk.load_config(path) as enlarge:
        made = enlarge(picture[..., :3])
        assert made.shape[0] * made.shape[1] <= 4 * 1200


def test_many_pictures_come_back_in_order(file: Path) -> None:
    photos = [tk.photo("coffee")[:48, :64], tk.photo("chelsea")[:48, :64], tk.photo("coffee")[:30, :40]]
    with tk.load_config(file) as paint:
        many = paint.many(photos)
        assert [one.shape for one in many] == [photo.shape for photo in photos]
        np.testing.assert_array_equal(many[1], paint(photos[1]))


def test_after_with_it_is_closed(file: Path) -> None:
    with tk.load_config(file) as paint:
        pass
    with pytest.raises(InvalidValue, match="closed"):
        paint(tk.photo("coffee"))


def test_an_error_of_the_operation_is_one_sentence_and_the_next_call_works(tmp_path: Path) -> None:
    trial = trial_of("raises")
    path = Configuration(trial=trial).write(tmp_path / "raises.yaml")
    photo = tk.photo("coffee")[:48, :64]
    with tk.load_config(path) as run:
        run(photo)
        run(photo)
        with pytest.raises(TrialFailed, match="planted"):
            run(photo)
        with pytest.raises(InvalidValue):
            run(photo[..., 0])


@pytest.mark.parametrize(
    ("old", "new", "error", "word"),
    [
        ("params:", "parms:", UnknownName, "Did you mean 'params'"),
        ("backend:", "backed:", UnknownName, "Did you mean 'backend'"),
        ("size: 5", "sise: 5", UnknownName, "size"),
        ("size: 5", "size: 500", InvalidValue, "size"),
        ("oil_painting", "oil_paint", UnknownName, "Did you mean"),
        ("threads: 1", "threads: many", InvalidValue, "threads"),
        ("format: 1", "format: 2", InvalidValue, "newer"),
        ("format: 1\n", "", InvalidValue, "format"),
        ("width: 640", "width: -1", InvalidValue, "width"),
        ("{size: 5}", "[size", InvalidValue, "YAML"),
        ("{size: 5}", "[size, 5]", InvalidValue, "params"),
    ],
)
def test_a_mistake_in_the_file_is_named(
    file: Path, old: str, new: str, error: type[Exception], word: str
) -> None:
    with pytest.raises(error, match=word):
        read_configuration(_with(file, old, new))


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="cannot be read"):
        tk.load_config(tmp_path / "none.yaml")


def test_a_missing_backend_is_named_with_the_line_that_installs_it(tmp_path: Path) -> None:
    tk.load_plugin(PLUGINS / "needs_nothing_you_have.py")
    name = next(name for name in BACKENDS if "nothing" in name)
    path = tmp_path / "missing.yaml"
    path.write_text(
        f"format: 1\noperation: oil_painting\nplugins: {{{PLUGINS / 'needs_nothing_you_have.py'}: '0'}}\n"
        f"run: {{backend: {name}}}\n"
    )
    with pytest.raises(Unavailable, match="pip install"):
        tk.load_config(path)


def test_another_machine_is_one_warning_that_names_what_differs(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    configuration = read_configuration(file)
    same = Configuration(trial=configuration.trial, record={"made_for": made_for(configuration.trial)})
    assert what_differs(read_configuration(same.write(file))) == ""
    with caplog.at_level(logging.WARNING), tk.load_config(file):
        pass
    assert caplog.records == []
    other = {**made_for(configuration.trial), "cpu": "Abacus", "packages": {"numpy": "1.0"}}
    Configuration(trial=configuration.trial, record={"made_for": other}).write(file)
    with caplog.at_level(logging.WARNING), tk.load_config(file):
        pass
    (record,) = caplog.records
    assert "Abacus" in record.getMessage()
    assert "numpy" in record.getMessage()


def test_the_environment_sets_every_thread_pool(file: Path) -> None:
    variables = environment_of(read_configuration(file))
    assert variables["OMP_NUM_THREADS"] == "1"
    assert variables["OPENCV_FOR_THREADS_NUM"] == "1"


def test_the_grid_of_a_configuration_is_its_trial(file: Path) -> None:
    configuration = read_configuration(file)
    assert grid_of(configuration).trials() == [configuration.trial]


def test_settings_copied_from_the_tuner_are_a_configuration(file: Path) -> None:
    path = _with(file, TEXT, 'format: 1\noperation: oil_painting\nparams: {"size": 9}\nrun: {"threads": 1}\n')
    photo = tk.photo("coffee")
    with tk.load_config(path) as paint:
        np.testing.assert_array_equal(paint(photo), tk.apply("oil_painting", photo, threads=1, size=9))
