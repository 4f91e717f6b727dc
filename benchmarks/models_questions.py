"""What the speed tables of models ask: which model at which size, against which usual way."""

from __future__ import annotations

from dataclasses import dataclass, replace

from toolkit.contracts.operation import OPERATIONS
from toolkit.core.params import Value
from toolkit.models.weights import where

Ways = tuple[tuple[str, str, dict[str, Value]], ...]  # backend, precision, options

# EDSR's fp32 takes half a minute a call and more: beside the usual way only what may win is measured, and OpenCV's
# other engine, which OpenCV 5 does not choose by itself but which is the faster one for small pictures.
EDSR_WAYS: Ways = (
    ("opencv_dnn", "fp32", {"engine": "classic"}),
    ("openvino", "bf16", {}),
    ("openvino", "int8", {}),
    ("openvino", "int8", {"int8_rest": "bf16"}),
    ("torch", "bf16", {"channels_last": True}),
)


@dataclass(frozen=True)
class Question:
    """One row of the summary.

    Attributes
    ----------
    title : str
    operation : str
    params : dict
    size : (width, height)
        Of the input, px.
    usual : str
        The backend that most people run, in fp32 and without options.
    least, aim : float
        Speed-ups.
    ways : tuple
        Rows; empty for every backend in every precision.
    """

    title: str
    operation: str
    params: dict[str, Value]
    size: tuple[int, int]
    usual: str
    least: float
    aim: float | None = None
    ways: Ways = ()
    seconds: float = 2.0


QUESTIONS = (
    Question("FSRCNN x3", "fsrcnn", {"scale": 3}, (480, 320), "opencv_dnn", 3, None, seconds=1.0),
    Question("CARN-M x3", "carn_m", {"scale": 3}, (480, 320), "torch", 2, 4, seconds=1.0),
    Question(
        "AnimeGANv2",
        "anime",
        {"style": "face_paint_512_v2", "weights": "untrained"},
        (512, 512),
        "torch",
        4,
        6,
    ),
    Question(
        "EDSR x3",
        "edsr",
        {"scale": 3, "weights": "untrained"},
        (480, 320),
        "opencv_dnn",
        4,
        6,
        ways=EDSR_WAYS,
        seconds=0.0,
    ),
)
QUICK = (replace(QUESTIONS[0], size=(96, 64), seconds=0.1),)


def with_weights(question: Question) -> tuple[Question, str]:
    """Seeded weights where the published ones are not here."""
    op = OPERATIONS[question.operation]
    network = op.network_of(op.resolve(question.params))
    assert network is not None
    if not network.is_trained or all(where(file) for file in {network.weights, *network.graphs.values()}):
        return question, ""
    usual = "torch" if question.usual == "opencv_dnn" else question.usual
    note = f"{question.title}: {network.weights} is not here; untrained"
    if usual != question.usual:
        note += ", and against torch, for dnn_superres runs published graphs only"
    return replace(question, params={**question.params, "weights": "untrained"}, usual=usual), note
