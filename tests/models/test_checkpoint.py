"""Reading of weights; truncated files, other files and files that could run code are refused."""

from __future__ import annotations

import functools
import os
import pickle

import numpy as np
import pytest
import torch

from toolkit.core.errors import InvalidValue
from toolkit.models.checkpoint import read


class Malicious:
    def __init__(self, victim):
        self.call = open, (str(victim), "w")

    def __reduce__(self):
        return self.call


class System(Malicious):
    def __init__(self, victim):
        self.call = os.system, (f"touch {victim}",)


class Partial(Malicious):
    def __init__(self, victim):
        self.call = functools.partial, (open, str(victim), "w")


def test_a_state_dict_and_an_archive_come_back_by_name(tmp_path):
    torch.save({"a": torch.arange(3.0), "b.c": torch.ones(2, 2)}, tmp_path / "x.pth")
    np.savez(tmp_path / "x.npz", a=np.arange(3.0), **{"b.c": np.ones((2, 2))})
    for file in ("x.pth", "x.npz"):
        found = read(tmp_path / file)
        assert list(found) == ["a", "b.c"] and found["a"].tolist() == [0, 1, 2]


def test_tensors_that_numpy_has_no_type_for_or_that_learn_come_back_as_numbers(tmp_path):
    path = tmp_path / "x.pth"
    torch.save({"half": torch.tensor([1.5, -2.0]).bfloat16(), "own": torch.nn.Parameter(torch.ones(2))}, path)
    found = read(path)
    assert found["half"].dtype == np.float32 and found["half"].tolist() == [1.5, -2.0]
    assert found["own"].tolist() == [1, 1]


def test_a_tensor_that_is_no_plain_array_is_named(tmp_path):
    torch.save({"a": torch.ones(2), "b": torch.ones(2).to_sparse()}, tmp_path / "x.pth")
    with pytest.raises(InvalidValue, match=r"'b' of weights 'x\.pth' must be a dense array"):
        read(tmp_path / "x.pth")


@pytest.mark.parametrize("kind", [Malicious, System, Partial, lambda victim: np.zeros(3)])
@pytest.mark.parametrize("save", [lambda o, p: torch.save(o, p), lambda o, p: p.write_bytes(pickle.dumps(o))])
def test_a_pickle_that_would_run_code_is_refused_and_does_not_run(tmp_path, save, kind):
    victim, path = tmp_path / "ran", tmp_path / "evil.pt"
    save({"a": kind(victim)}, path)
    with pytest.raises(InvalidValue, match="'evil.pt' .*refused"):
        read(path)
    assert not victim.exists()


def test_arrays_of_objects_are_refused(tmp_path):
    victim, path = tmp_path / "ran", tmp_path / "evil.npz"
    np.savez(path, a=np.array([Malicious(victim)], dtype=object))
    with pytest.raises(InvalidValue, match="more than arrays of numbers"):
        read(path)
    assert not victim.exists()


def test_a_dictionary_of_other_things_is_refused(tmp_path):
    path = tmp_path / "training.pt"
    torch.save({"epoch": 3, "model": {"a": torch.ones(1)}}, path)
    with pytest.raises(InvalidValue, match="state dict.*got int under 'epoch'"):
        read(path)


@pytest.mark.parametrize("legacy", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.99])
def test_a_truncated_checkpoint_is_one_sentence(tmp_path, legacy, share):
    path = tmp_path / "half.pth"
    torch.save({"a": torch.zeros(5000)}, path, _use_new_zipfile_serialization=not legacy)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InvalidValue, match="'half.pth' cannot be read as .pth: the file is truncated"):
        read(path)


@pytest.mark.parametrize(
    "content", [b"<!DOCTYPE html>\n<html>", b"404: Not Found", b"version https://git-lfs"]
)
def test_a_page_in_place_of_a_checkpoint_is_no_pickle_that_is_refused(tmp_path, content):
    (tmp_path / "page.pth").write_bytes(content)
    with pytest.raises(InvalidValue, match=r"'page\.pth' cannot be read as \.pth"):
        read(tmp_path / "page.pth")


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_truncated_archive_is_one_sentence(tmp_path, share):
    path = tmp_path / "half.npz"
    np.savez(path, a=np.zeros(5000), b=np.ones(3))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InvalidValue, match="'half.npz' cannot be read as .npz"):
        read(path)


@pytest.mark.parametrize("content", [b"", b"not a graph", bytes(range(256)) * 20])
def test_what_is_no_graph_is_one_sentence_and_nothing_on_standard_error(tmp_path, capfd, content):
    path = tmp_path / "net.pb"
    path.write_bytes(content)
    with pytest.raises(InvalidValue, match="'net.pb' cannot be read as .pb"):
        read(path)
    assert capfd.readouterr().err == ""


def test_other_files_and_missing_ones_are_named(tmp_path):
    with pytest.raises(
        InvalidValue, match=r"must be a file of \.pth, \.pt, \.npz, \.pb, \.tflite; got 'net.onnx'"
    ):
        read(tmp_path / "net.onnx")
    with pytest.raises(InvalidValue, match="no such file exists"):
        read(tmp_path / "absent.pth")
