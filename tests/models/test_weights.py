"""Weights are found, checked, fetched from a server and imported; each failure has a one-sentence message."""

from __future__ import annotations

import gc
import hashlib
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

from toolkit.core.errors import InvalidValue, Unavailable, UnknownName
from toolkit.models import weights
from toolkit.models.published import WEIGHTS, Source, Weights
from toolkit.models.weights import checksum

CONTENT = b"numbers of a network"


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(weights.VARIABLE, raising=False)
    return tmp_path


@pytest.fixture
def published(monkeypatch) -> Weights:
    """A file that the registry knows and that this test can write."""
    source = Source("someone/nets", "0123456789abcdef", "models", "MIT")
    entry = Weights("tiny.pth", source, f"sha256:{hashlib.sha256(CONTENT).hexdigest()}", len(CONTENT))
    monkeypatch.setitem(WEIGHTS, entry.name, entry)
    return entry


@pytest.fixture
def serve(published, server, monkeypatch) -> Callable[..., None]:
    """Registers the file with the test's server as its source; further arguments replace fields of the entry."""

    def register(*, host: str = server, folder: str = "models", **fields: str) -> None:
        source = replace(published.source, host=host, folder=folder)
        monkeypatch.setitem(WEIGHTS, published.name, replace(published, source=source, **fields))

    return register


@pytest.fixture
def server() -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            found = self.path == "/someone/nets/0123456789abcdef/models/tiny.pth"
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(CONTENT if found else b"")

        def log_message(self, *said):
            pass

    running = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()
    running.server_close()


def test_absent_weights_are_unavailable_and_name_source_and_checksum():
    with pytest.raises(Unavailable) as said:
        weights.find("carn_m.pth")
    for part in (
        "nmhkahn/CARN-pytorch @ 40d3514f81cc, checkpoint/",
        "MIT",
        "sha256:d48a759a84509351facb6b7c6d5bd6edec98b98519b8c464ee4ab44d2ba964ff",
        "atelier weights fetch carn_m.pth",
        "ATELIER_WEIGHTS",
    ):
        assert part in str(said.value)


def test_the_named_folder_is_looked_in_first_at_any_depth(own_folders, published, monkeypatch):
    cached = own_folders / "cache" / "atelier" / "weights" / published.name
    cached.parent.mkdir(parents=True)
    cached.write_bytes(CONTENT)
    assert weights.find(published.name) == cached

    named = own_folders / "mine"
    deep = named / "superres" / "of_today" / published.name
    deep.parent.mkdir(parents=True)
    monkeypatch.setenv(weights.VARIABLE, str(named))
    assert weights.find(published.name) == cached
    deep.write_bytes(CONTENT)
    assert weights.find(published.name) == deep == weights.where(published.name)


def test_a_variable_that_names_no_folder_is_said(own_folders, monkeypatch):
    monkeypatch.setenv(weights.VARIABLE, str(own_folders / "nowhere"))
    with pytest.raises(InvalidValue, match="ATELIER_WEIGHTS must name a folder"):
        weights.find("carn_m.pth")


def test_a_truncated_file_is_refused_with_both_checksums(own_folders, published, monkeypatch):
    (own_folders / published.name).write_bytes(CONTENT[:-1])
    monkeypatch.setenv(weights.VARIABLE, str(own_folders))
    with pytest.raises(InvalidValue, match=f"{published.checksum}; got sha256:.* truncated"):
        weights.find(published.name)
    assert "truncated" in weights.verify([published.name])[published.name]
    (own_folders / published.name).write_bytes(CONTENT)
    assert weights.verify([published.name]) == {published.name: ""}


def test_git_checksums_are_those_of_git(own_folders, published, monkeypatch):
    path = own_folders / published.name
    path.write_bytes(CONTENT)
    by_git = subprocess.run(["git", "hash-object", path], capture_output=True, text=True, check=True)
    monkeypatch.setitem(WEIGHTS, path.name, replace(published, checksum=f"git:{by_git.stdout.strip()}"))
    monkeypatch.setenv(weights.VARIABLE, str(own_folders))
    assert weights.find(path.name) == path
    path.write_bytes(CONTENT + b"!")
    with pytest.raises(InvalidValue, match="got git:"):
        weights.find(path.name)


def test_fetched_files_land_in_the_cache_under_their_name(own_folders, published, serve, monkeypatch):
    serve()
    path = weights.fetch("tiny.pth")
    assert path == own_folders / "cache" / "atelier" / "weights" / "tiny.pth"
    assert path.read_bytes() == CONTENT and weights.find("tiny.pth") == path
    monkeypatch.setitem(WEIGHTS, published.name, published)  # its own host has no such file
    assert weights.fetch("tiny.pth") == path  # nothing is downloaded
    assert [file.name for file in path.parent.iterdir()] == ["tiny.pth"]


def test_a_wrong_file_is_fetched_anew_in_the_cache_and_told_in_the_folder_of_the_users(
    own_folders, published, serve, monkeypatch
):
    serve()
    cached = own_folders / "cache" / "atelier" / "weights" / published.name
    cached.parent.mkdir(parents=True)
    cached.write_bytes(CONTENT[:-1])
    with pytest.raises(InvalidValue, match=r"truncated.*Run: atelier weights fetch tiny"):
        weights.find(published.name)
    assert weights.fetch(published.name) == cached and cached.read_bytes() == CONTENT

    mine = own_folders / "mine" / published.name
    mine.parent.mkdir()
    mine.write_bytes(CONTENT[:-1])
    monkeypatch.setenv(weights.VARIABLE, str(mine.parent))
    with pytest.raises(InvalidValue, match="mine/tiny.pth' .* not the published file.$"):
        weights.fetch(published.name)
    assert mine.read_bytes() == CONTENT[:-1]


def test_what_is_fetched_wrong_is_not_kept(own_folders, serve, server):
    serve(checksum="sha256:" + "0" * 64)
    with pytest.raises(InvalidValue, match=f"'{server}/someone/.*tiny.pth' .* sha256:000"):
        weights.fetch("tiny.pth")
    assert list((own_folders / "cache" / "atelier" / "weights").iterdir()) == []


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # pooch leaves a refused answer open
def test_a_source_that_does_not_answer_is_one_sentence(own_folders, serve):
    serve(folder="elsewhere")
    with pytest.raises(Unavailable, match="'tiny.pth' cannot be fetched from .*: 404") as said:
        weights.fetch("tiny.pth")
    assert "\n" not in str(said.value)
    serve(host="http://127.0.0.1:9")
    with pytest.raises(
        Unavailable, match=r"cannot be fetched from http://127.0.0.1:9/\S+: Failed to [^(]*refused\.$"
    ):
        weights.fetch("tiny.pth")
    del said
    gc.collect()  # here, not in a later test


def test_converted_files_cannot_be_fetched():
    with pytest.raises(
        Unavailable,
        match=r"cannot be fetched from mnicnc404/CartoonGan.*numpy\.savez.*weights import FILE\.$",
    ):
        weights.fetch("cartoongan_light_paprika.npz")
    with pytest.raises(Unavailable, match="paprika.pt is style=paprika.*TensorFlow variables") as said:
        weights.find("cartoongan_light_paprika.npz")
    (listed,) = re.findall(r"tests/[\w/]+\.json", str(said.value))
    assert (Path(__file__).parents[2] / listed).is_file()


def test_converted_files_are_known_by_their_arrays_however_they_were_saved(own_folders, monkeypatch):
    arrays = {"a/kernel": np.arange(6, dtype=np.float32).reshape(1, 2, 3, 1), "b": np.ones(3, np.float32)}
    np.savez(own_folders / "one.npz", **arrays)
    kernel = np.asfortranarray(arrays["a/kernel"])
    np.savez_compressed(own_folders / "two.npz", **{"b": arrays["b"], "a/kernel": kernel})
    np.savez(own_folders / "swapped.npz", **{**arrays, "a/kernel": kernel.transpose(1, 0, 2, 3)})
    source = Source("someone/nets", "0123456789abcdef", "models", "MIT", conversion="Save its arrays.")
    entry = Weights("tiny.npz", source, checksum(own_folders / "one.npz", "arrays"))
    monkeypatch.setitem(WEIGHTS, entry.name, entry)
    assert weights.import_file(own_folders / "two.npz") == entry
    assert weights.find("tiny.npz").read_bytes() == (own_folders / "two.npz").read_bytes()
    with pytest.raises(InvalidValue, match="checksum of a published file"):
        weights.import_file(own_folders / "swapped.npz")
    weights.find("tiny.npz").write_bytes(b"half")
    with pytest.raises(
        InvalidValue, match=r"checksum arrays:.* got a file that is not an \.npz.*Save its arrays"
    ):
        weights.find("tiny.npz")
    with pytest.raises(Unavailable, match=r"Save its arrays\. Then run: atelier weights import FILE"):
        weights.fetch("tiny.npz")


def test_a_file_is_imported_by_its_content_whatever_its_name(own_folders, published):
    path = own_folders / "download (1).bin"
    path.write_bytes(CONTENT)
    assert weights.import_file(path) == published
    assert weights.find("tiny.pth").read_bytes() == CONTENT


def test_a_file_of_the_cache_can_be_imported_again_and_an_import_that_fails_leaves_the_old_one(
    own_folders, published, monkeypatch
):
    path = own_folders / "download.bin"
    path.write_bytes(CONTENT)
    weights.import_file(path)
    kept = weights.find("tiny.pth")
    assert weights.import_file(kept) == published
    assert kept.read_bytes() == CONTENT and [file.name for file in kept.parent.iterdir()] == ["tiny.pth"]

    def half(source, part):
        part.write_bytes(CONTENT[:3])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(weights.shutil, "copyfile", half)
    with pytest.raises(InvalidValue, match=r"download\.bin' cannot be copied to .*: No space left on device"):
        weights.import_file(path)
    assert kept.read_bytes() == CONTENT and [file.name for file in kept.parent.iterdir()] == ["tiny.pth"]


def test_a_cache_that_cannot_be_written_is_one_sentence(own_folders, serve, monkeypatch):
    path = own_folders / "tiny.pth"
    path.write_bytes(CONTENT)
    serve()
    monkeypatch.setenv("XDG_CACHE_HOME", str(path))
    for attempt in (lambda: weights.import_file(path), lambda: weights.fetch("tiny.pth")):
        with pytest.raises(Unavailable, match="atelier/weights' cannot be written: .*XDG_CACHE_HOME"):
            attempt()


def test_other_files_are_not_imported(own_folders, published):
    path = own_folders / "tiny.pth"
    path.write_bytes(b"something else")
    with pytest.raises(InvalidValue, match=f"checksum {published.checksum}; got sha256:"):
        weights.import_file(path)
    with pytest.raises(InvalidValue, match="must be a file"):
        weights.import_file(own_folders / "absent")


def test_unknown_names_get_the_near_one():
    with pytest.raises(UnknownName, match="Did you mean 'carn_m.pth'"):
        weights.find("carm_m.pth")


def test_the_real_files_have_their_checksums(real_weights, monkeypatch):
    monkeypatch.setenv(weights.VARIABLE, str(real_weights))
    said = weights.verify()
    here = {name for name in WEIGHTS if weights.where(name)}
    assert {name: said[name] for name in here} == dict.fromkeys(here, "")
    assert all(WEIGHTS[name].size_bytes in (None, weights.find(name).stat().st_size) for name in here)
    assert {"carn_m.pth", "FSRCNN_x3.pb", "cartoongan_light_paprika.npz"} <= here
