import numpy as np
import pytest

import toolkit as tk
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.operation import OPERATIONS
from toolkit.contracts.placed import opened_steps, place, placement_for
from toolkit.core.errors import EmptyPicture, InvalidValue


def test_steps_run_in_their_order():
    picture = np.random.default_rng(7).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    steps = (("fit_side", {"side": 30}), ("fit_pixels", {"pixels": 150, "interpolation": "nearest"}))
    *placed, _ = make_trial("oil_painting", "opencv", steps=steps, size=(60, 40)).parts
    with opened_steps(placed) as run:
        by_hand = tk.apply(
            "fit_pixels", tk.apply("fit_side", picture, side=30), pixels=150, interpolation="nearest"
        )
        assert (run(picture) == by_hand).all()
    with opened_steps(()) as run:
        assert run(picture) is picture


def test_a_report_can_show_an_empty_picture_and_apply_refuses_it(tmp_path):
    onnx = pytest.importorskip("onnx")
    make, kind = onnx.helper, onnx.TensorProto.FLOAT
    ends = [
        make.make_tensor_value_info(name, kind, [1, 3, "rows", "columns"]) for name in ("image", "output")
    ]
    graph = make.make_graph([make.make_node("Sub", ["image", "image"], ["output"])], "g", ends[:1], ends[1:])
    onnx.save(
        make.make_model(graph, opset_imports=[make.make_opsetid("", 18)], ir_version=9),
        tmp_path / "black.onnx",
    )
    op = OPERATIONS["onnx_model"]
    picture = np.random.default_rng(7).integers(10, 240, (16, 16, 3), dtype=np.uint8)
    params = op.resolve({"file": str(tmp_path / "black.onnx")})
    placed = place(op, picture, params, "onnxruntime", placement_for(1))
    with placed.opened(may_be_empty=True) as kernel:
        assert not kernel(picture).any()
    with placed.opened() as kernel, pytest.raises(EmptyPicture):
        kernel(picture)


def test_alpha_goes_around_an_operation_that_keeps_it_and_no_other():
    picture = np.random.default_rng(7).integers(0, 256, (12, 18, 4), dtype=np.uint8)
    picture[..., 3] = 200
    large = tk.apply("bicubic", picture)
    assert large.shape == (24, 36, 4) and (large[..., 3] == 200).all()
    assert np.array_equal(large[..., :3], tk.apply("bicubic", np.ascontiguousarray(picture[..., :3])))
    many = tk.apply_many("bicubic", [picture, picture[..., :3]])
    assert [one.shape[2] for one in many] == [4, 3]
    with pytest.raises(InvalidValue, match="alpha"):
        tk.apply("oil_painting", picture)
