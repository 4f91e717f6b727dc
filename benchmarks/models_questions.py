"""The comparisons of the speed tables: which model at which size, and which usual way is the baseline."""

from __future__ import annotations

from dataclasses import dataclass, replace

from toolkit.contracts.operation import OPERATIONS
from toolkit.core.params import Value
from toolkit.models.weights import where

Ways = tuple[tuple[str, str, dict[str, Value]], ...]  # backend, precision, options

# One call of EDSR in fp32 takes half a minute or more, so only configurations that can win are measured beside the
# usual way. OpenCV 5 does not choose its classic engine by itself, but for small pictures it is the faster one.
EDSR_WAYS: Ways = (
    ("opencv_dnn", "fp32", {"engine": "classic"}),
    ("openvino", "bf16", {}),
    ("openvino", "int8", {}),
    ("openvino", "int8", {"int8_rest": "bf16"}),
    ("torch", "bf16", {"channels_last": True}),
)


@dataclass(frozen=True)
class Question:
    """One comparison: a table of its own, and a row in the summary.

    Attributes
    ----------
    title : str
    operation : str
    params : dict
    size : (width, height)
        Of the input, px.
    usual : str
        The backend that most people use, in fp32 and without options: the baseline.
    least, aim : float
        Speed-up that is required, and that is aimed at.
    ways : tuple
        Configurations to compare with the baseline; empty for every backend in every precision.
    seconds : float
        How long each block of a configuration is timed.
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

# Without EDSR, and without the configurations that are never the fastest on a processor.
SHORT_WAYS: Ways = (
    ("onnxruntime", "fp32", {}),
    ("openvino", "fp32", {}),
    ("openvino", "bf16", {}),
    ("openvino", "int8", {}),
    ("openvino", "int8", {"int8_rest": "bf16"}),
)
SHORT = tuple(replace(question, ways=SHORT_WAYS) for question in QUESTIONS if question.operation != "edsr")


def with_weights(question: Question) -> tuple[Question, str]:
    """The question with untrained weights where the published ones are missing, and a note that says so."""
    op = OPERATIONS[question.operation]
    network = op.network_of(op.resolve(question.params))
    assert network is not None
    if not network.is_trained or all(where(file) for file in {network.weights, *network.graphs.values()}):
        return question, ""
    usual = "torch" if question.usual == "opencv_dnn" else question.usual
    note = f"{question.title}: weights {network.weights} are missing, so it runs untrained"
    if usual != question.usual:
        note += " and is compared with torch, because dnn_superres runs published graphs only"
    return replace(question, params={**question.params, "weights": "untrained"}, usual=usual), note
