"""References of networks: one at a time, in tiles where memory is short, unavailable where tiles are impossible."""

import pytest

import toolkit as tk
from toolkit.bench.inputs import Inputs
from toolkit.bench.references import references
from toolkit.contracts.backend import BACKENDS
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.operation import OPERATIONS, load_plugin
from toolkit.core.errors import Unavailable
from toolkit.images.photos import at_size

HAS_LITTLE_MEMORY = """
import os, time
from contextlib import contextmanager
from pathlib import Path
from toolkit.contracts.backend import Backend

class HasLittleMemory(Backend):
    name, module, distribution, install = "has_little_memory", "numpy", "numpy", ""
    formats = ("onnx",)

    @contextmanager
    def session(self, placement):
        yield self

    def load(self, form):
        return infer

def infer(tensor):
    if tensor.shape[2] * tensor.shape[3] > 300 * 300:
        raise MemoryError
    busy = Path(__file__).with_suffix(".busy")
    os.close(os.open(busy, os.O_CREAT | os.O_EXCL))
    time.sleep(0.1)
    busy.unlink()
    return tensor.copy()

BACKEND = HasLittleMemory()
"""

GIVES_IT_BACK = """
from pathlib import Path
from toolkit.models import transforms
from toolkit.contracts.loaded_network import NETWORK_PARAMS
from toolkit.models.network import Network
from toolkit.contracts.operation import Operation
from toolkit.core.params import Param

def network(params):
    reach = {"halo": 0} if params["can_be_tiled"] else {"whole_because": "planted"}
    return Network(
        name="same", own=Path(__file__).with_name("same.onnx"), transform=transforms.rgb_unit,
        reference="has_little_memory", **reach,
    )

OPERATION = Operation(
    name="gives_it_back", summary="", prefer=("has_little_memory",), network=network,
    params=(Param(name="can_be_tiled", default=True, rebuild=True, help=""), *NETWORK_PARAMS),
)
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def inputs():
    with Inputs() as made:
        yield made


@pytest.fixture
def trial(tmp_path):
    before = [(dict(registry._added), dict(registry._files)) for registry in (OPERATIONS, BACKENDS)]
    plugins = []
    (tmp_path / "same.onnx").write_bytes(b"\x3a\x00")  # an ONNX file with an empty graph
    for name, text in (("has_little_memory", HAS_LITTLE_MEMORY), ("gives_it_back", GIVES_IT_BACK)):
        file = tmp_path / f"{name}.py"
        file.write_text(text)
        plugins.append((str(file), load_plugin(file)))

    def made(*, size, **params):
        return make_trial(
            "gives_it_back",
            "has_little_memory",
            params=params,
            images=("coffee", "chelsea"),
            size=size,
            plugins=tuple(plugins),
        )

    yield made
    for registry, (added, files) in zip((OPERATIONS, BACKENDS), before, strict=True):
        registry._added, registry._files = added, files


@pytest.mark.parametrize("size", [(48, 32), (400, 300)])
def test_they_are_made_one_at_a_time_and_in_tiles_where_memory_is_short(trial, inputs, size):
    asked = trial(size=size)
    found = references(asked, asked.images, inputs, timeout_s=60)
    for name in asked.images:
        assert (found[name] == at_size(tk.photo(name), *size)[0]).all()


def test_one_that_cannot_be_tiled_is_unavailable_and_the_trial_not_failed(trial, inputs):
    asked = trial(size=(400, 300), can_be_tiled=False)
    with pytest.raises(Unavailable, match="on has_little_memory: ran out of memory"):
        references(asked, asked.images, inputs, timeout_s=60)
