import hashlib
import os
import subprocess
import sys

import pytest

from toolkit.contracts.backend import BACKENDS
from toolkit.contracts.operation import OPERATIONS, Operation, load_plugin
from toolkit.contracts.registry import Registry
from toolkit.core.errors import InvalidValue, UnknownName

GOOD = """
from toolkit.contracts.operation import Operation
OPERATION = Operation(name="{name}", summary="", kernels={{"opencv": lambda cv2: lambda image: image.copy()}})
"""
WITH_THREADS = GOOD.format(name="odd").replace(
    "kernels=", 'params=(Param(name="threads", default=1),), kernels='
)
NAMELESS = """
from contextlib import nullcontext
from toolkit.contracts.backend import Backend
class Nameless(Backend):
    module = distribution = install = "os"
    def session(self, placement):
        return nullcontext()
BACKEND = Nameless()
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A folder of plug-ins of our own, importable as ``shelf``."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for name in [name for name in sys.modules if name.split(".")[0] == "shelf"]:
        del sys.modules[name]


def registry() -> Registry[Operation]:
    return Registry("operation", "shelf", "OPERATION", Operation)


def _plugin(folder, name, content=None):
    file = folder / f"{name}.py"
    file.write_text(GOOD.format(name=name) if content is None else content)
    return file


def test_the_name_is_the_file_name_and_private_files_are_none(package):
    for name in ("zebra", "ant", "_hidden"):
        _plugin(package, name)
    found = registry()
    assert list(found) == found.names() == ["ant", "zebra"]
    assert len(found) == 2
    assert "ant" in found and "_hidden" not in found
    assert found["ant"].name == "ant"
    assert found.source("ant") == package / "ant.py"


def test_listing_imports_nothing(package):
    _plugin(package, "explodes", "raise RuntimeError('imported')")
    assert list(registry()) == ["explodes"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("raise RuntimeError('planted')", "operation 'odd' cannot be imported: RuntimeError: planted."),
        ("", "'OPERATION' of shelf.odd must be of type Operation; got None."),
        ("OPERATION = 3", "'OPERATION' of shelf.odd must be of type Operation; got 3."),
        (GOOD.format(name="even"), "'name' of shelf.odd must be the file's own name 'odd'; got 'even'."),
    ],
)
def test_a_broken_file_in_the_folder_breaks_itself_alone(package, content, sentence):
    _plugin(package, "odd", content)
    _plugin(package, "fine")
    with pytest.raises(InvalidValue) as caught:
        registry()["odd"]
    assert str(caught.value) == sentence
    assert registry()["fine"].name == "fine"


def test_an_unknown_name_gets_the_choices(package):
    _plugin(package, "ant")
    _plugin(package, "zebra")
    with pytest.raises(
        UnknownName, match=r"operation must be one of ant, zebra; got 'zebro'. Did you mean 'zebra'"
    ):
        registry()["zebro"]


def test_an_added_object_is_found_and_has_no_source(package):
    found = registry()
    found.add(Operation(name="mine", summary="", kernels={"opencv": lambda cv2: None}))
    assert list(found) == ["mine"]
    assert found.source("mine") is None
    with pytest.raises(InvalidValue, match="operation 'mine' exists already"):
        found.add(Operation(name="mine", summary="", kernels={"opencv": lambda cv2: None}))


@pytest.mark.parametrize("item", [3, None, Operation], ids=["number", "none", "the class itself"])
def test_only_the_right_kind_can_be_added(package, item):
    with pytest.raises(InvalidValue, match="'OPERATION' of the call must be of type Operation; got "):
        registry().add(item)


class TestPluginFiles:
    @pytest.fixture(autouse=True)
    def forgotten_afterwards(self, monkeypatch):
        for table in (OPERATIONS, BACKENDS):
            monkeypatch.setattr(table, "_added", dict(table._added))
            monkeypatch.setattr(table, "_files", dict(table._files))

    def test_a_good_file_is_registered_under_its_name_with_its_hash(self, tmp_path):
        file = _plugin(tmp_path, "loaded_once")
        assert load_plugin(file) == hashlib.sha256(file.read_bytes()).hexdigest()
        assert OPERATIONS["loaded_once"].name == "loaded_once"
        assert OPERATIONS.source("loaded_once") == file

    def test_loading_again_takes_the_new_content(self, tmp_path):
        file = _plugin(tmp_path, "loaded_twice")
        before = load_plugin(file)
        file.write_text(file.read_text().replace('summary=""', 'summary="new"'))
        assert load_plugin(str(file)) != before
        assert OPERATIONS["loaded_twice"].summary == "new"

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (
                "def broken(:\n",
                "plug-in 'odd.py' cannot be imported: SyntaxError: invalid syntax (odd.py, line 1).",
            ),
            (
                "import nothing_like_it",
                "plug-in 'odd.py' cannot be imported: ModuleNotFoundError: No module named",
            ),
            ("import sys\nsys.exit(3)", "plug-in 'odd.py' cannot be imported: SystemExit: 3."),
            ("x = 3", "plug-in 'odd.py' must define OPERATION or BACKEND; it defines neither."),
            ("OPERATION = 3", "odd.py must be of type Operation; got 3."),
            (
                "from toolkit.contracts.operation import Operation as OPERATION",
                "must be of type Operation; got <class",
            ),
            (GOOD.format(name="even"), "'name' of odd.py must be the file's own name 'odd'; got 'even'."),
            (NAMELESS, "'name' of odd.py must be the file's own name 'odd'; got ''."),
            (
                WITH_THREADS,
                "plug-in 'odd.py' cannot be imported: NameError: name 'Param' is not defined.",
            ),
            (
                "from toolkit.core.params import Param\n" + WITH_THREADS,
                "plug-in 'odd.py' cannot be imported: 'params' of odd must be a unique Python name, none of ",
            ),
        ],
        ids="syntax import exit nothing number class name nameless undefined reserved".split(),
    )
    def test_a_broken_file_gets_one_sentence_and_leaves_nothing(self, tmp_path, content, said):
        file = _plugin(tmp_path, "odd", content)
        with pytest.raises(InvalidValue) as caught:
            load_plugin(file)
        assert said in str(caught.value)
        assert "\n" not in str(caught.value)
        assert "odd" not in OPERATIONS and "odd" not in BACKENDS

    def test_a_missing_file_a_folder_and_no_python_at_all(self, tmp_path):
        with pytest.raises(InvalidValue, match="absent.py' cannot be read: No such file"):
            load_plugin(tmp_path / "absent.py")
        with pytest.raises(InvalidValue, match="cannot be read: Is a directory"):
            load_plugin(tmp_path)
        text = tmp_path / "notes.txt"
        text.write_text("OPERATION = 1")
        with pytest.raises(InvalidValue, match=r"must be a Python file \(.py\); got"):
            load_plugin(text)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
    def test_an_unreadable_file(self, tmp_path):
        file = _plugin(tmp_path, "secret")
        file.chmod(0)
        with pytest.raises(InvalidValue, match="cannot be read: Permission denied"):
            load_plugin(file)

    def test_a_shipped_name_and_another_files_name_are_taken(self, tmp_path):
        with pytest.raises(
            InvalidValue, match="operation 'oil_painting' exists already; give the new operation another name"
        ):
            load_plugin(_plugin(tmp_path, "oil_painting"))
        (tmp_path / "other").mkdir()
        load_plugin(_plugin(tmp_path, "loaded_here"))
        with pytest.raises(InvalidValue, match="operation 'loaded_here' exists already"):
            load_plugin(_plugin(tmp_path / "other", "loaded_here"))
        assert OPERATIONS.source("loaded_here") == tmp_path / "loaded_here.py"


def test_the_shipped_registries_are_listed_without_a_runtime():
    code = (
        "import sys\nfrom toolkit.contracts.operation import OPERATIONS\n"
        "from toolkit.contracts.backend import BACKENDS\n"
        "assert {'stylization', 'fit_side'} <= set(OPERATIONS) and 'opencv' in BACKENDS\n"
        "found = {'cv2', 'numba', 'torch', 'onnxruntime', 'openvino'} & set(sys.modules)\n"
        "assert not found, found\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
