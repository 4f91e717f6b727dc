"""Which files count: those that a file imports from the toolkit, and theirs."""

from __future__ import annotations

import hashlib
from pathlib import Path

from toolkit.core.sources import digests

PACKAGE = Path(__file__).resolve().parents[2] / "toolkit"
OPERATION = PACKAGE / "ops" / "pencil_sketch.py"


def digest(name: str) -> str:
    return hashlib.sha256((PACKAGE / name).read_bytes()).hexdigest()


def counted(tmp_path: Path, source: str) -> list[str]:
    """What counts beside the file itself."""
    file = tmp_path / "mine.py"
    file.write_text(source)
    found = digests(
        [file], folders=("images", "kernels", "ops"), looked_up={"toolkit.ops.OPERATIONS": [OPERATION]}
    )
    return [d for d in found if d != hashlib.sha256(file.read_bytes()).hexdigest()]


def test_each_way_to_import_counts_wherever_it_stands(tmp_path: Path) -> None:
    wanted = digest("images/imresize.py")
    for source in (
        "import toolkit.images.imresize",
        "from toolkit.images import imresize",
        "from toolkit.images.imresize import cubic as weights",
        "def build():\n    from toolkit.images.imresize import cubic\n",
    ):
        assert wanted in counted(tmp_path, source)


def test_what_is_imported_counts_with_what_it_imports(tmp_path: Path) -> None:
    found = counted(tmp_path, "from toolkit.kernels.numba import oil_painting")
    assert {digest(f"kernels/{name}.py") for name in ("numba/oil_painting", "numba/lanes", "picture")} <= set(
        found
    )
    assert digest("kernels/numba/stylization.py") not in found


def test_what_no_pixel_depends_on_does_not_count(tmp_path: Path) -> None:
    assert counted(tmp_path, "import numpy\nfrom toolkit.core.errors import InvalidValue") == []
    only_types = (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from toolkit.images import imresize\n"
    )
    assert counted(tmp_path, only_types) == []


def test_who_looks_operations_up_by_name_depends_on_all(tmp_path: Path) -> None:
    found = counted(tmp_path, "from toolkit.ops import OPERATIONS")
    assert {digest("ops/pencil_sketch.py"), digest("kernels/numba/pencil_sketch.py")} <= set(found)


def test_a_file_that_is_being_edited_counts_by_itself(tmp_path: Path) -> None:
    assert counted(tmp_path, "def half(:") == []


def test_neither_order_nor_place_matters(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("a = 1")
    (tmp_path / "b.py").write_text("b = 1")
    (tmp_path / "z").mkdir()
    (tmp_path / "z" / "a.py").write_text("a = 1")
    first, second, moved = tmp_path / "a.py", tmp_path / "b.py", tmp_path / "z" / "a.py"
    assert digests([first, second], folders=()) == digests([second, moved], folders=())
