"""What the models reach on pictures whose right output is known: Set5, and portraits with their mattes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

from tests.bench.bench_models_page import Page
from toolkit.bench.evaluate import Evaluation, evaluate
from toolkit.core.errors import AtelierError
from toolkit.core.operation import OPERATIONS
from toolkit.core.params import Value

Ways = tuple[tuple[str, str], ...]  # backend and precision

PAPER_WITHIN_DB, PUBLISHED_WITHIN_DB = 0.1, 0.02
EVERYWHERE: Ways = (("torch", "fp32"), ("onnxruntime", "fp32"), ("openvino", "fp32"))
# Operation, parameters, figure, how near, ways. Luma is rounded to whole levels where CARN's authors do.
SET5: tuple[tuple[str, dict[str, Value], float, float, Ways], ...] = (
    ("bicubic", {"scale": 3}, 30.40, PUBLISHED_WITHIN_DB, (("numpy", "fp32"), ("opencv", "fp32"))),
    ("carn_m", {"scale": 2}, 37.53, PAPER_WITHIN_DB, EVERYWHERE),
    ("carn_m", {"scale": 3}, 33.99, PAPER_WITHIN_DB, EVERYWHERE),
    ("carn_m", {"scale": 4}, 31.92, PAPER_WITHIN_DB, EVERYWHERE),
    ("edsr", {"model": "mobile", "scale": 2}, 37.66, PUBLISHED_WITHIN_DB, EVERYWHERE),
)
DNN_SUPERRES = {
    "fsrcnn": {2: 34.85, 3: 30.59, 4: 28.40},
    "espcn": {2: 34.76, 3: 30.53, 4: 28.38},
}
MATTE_LIMITS = {"prisma": 0.045, "prisma_tflite": 0.045, "selfie": 0.02}
MATTES: tuple[tuple[str, str, Ways], ...] = (
    ("prisma", "PrismaNet, ONNX", (("onnxruntime", "fp32"), ("openvino", "fp32"), ("openvino", "bf16"))),
    ("prisma_tflite", "PrismaNet, TFLite", (("openvino", "fp32"), ("openvino", "bf16"))),
    ("prisma_tflite", "PrismaNet, full INT8 TFLite", (("openvino", "int8"),)),
    ("selfie", "selfie segmentation, TFLite", (("opencv_dnn", "fp32"),)),
)


def set5(page: Page, folder: Path, *, threads: int) -> None:
    """Y-PSNR on Set5, MATLAB's degradation, the border of `scale` px cut."""
    pictures = sorted((folder / "set5").glob("*.png"))
    page.heading(f"Set5 ({len(pictures)} pictures): Y-PSNR in dB, mean over the pictures")
    columns = ["model", "backend", "precision", "PSNR-Y", "SSIM-Y", "wanted", "within", "kept"]
    page.table(columns, chain(_papers(page, pictures, threads), _dnn_superres(page, pictures, threads)))
    page.say(
        "FSRCNN and ESPCN stay 2.5 dB under their papers on every runtime alike, so it is not the importer. Their "
        "published scripts train on pictures that cv2.resize has shrunk, and on patches smaller than what the nets "
        "look at: probably the cause. More in toolkit/nets/fsrcnn.py."
    )


def _papers(page: Page, pictures: list[Path], threads: int) -> Iterator[list[str]]:
    for operation, params, wanted, within, ways in SET5:
        label = " ".join(
            [operation, *(str(v) for k, v in params.items() if k != "scale"), f"x{params['scale']}"]
        )
        for backend, precision in ways:
            found = _evaluated(page, label, operation, params, pictures, backend, precision, threads)
            if found is not None:
                yield _row(page, label, backend, precision, found.mean, wanted, within)
    quantised = _evaluated(
        page, "edsr mobile x2", "edsr", {"model": "mobile", "scale": 2}, pictures, "openvino", "int8", threads
    )
    if quantised is not None:  # published, 37.48 in its authors' runtime
        yield _row(page, "edsr mobile x2, uint8 TFLite", "openvino", "int8", quantised.mean, 37.48, 0.1)


def _dnn_superres(page: Page, pictures: list[Path], threads: int) -> Iterator[list[str]]:
    """The published figure through dnn_superres, and the other runtimes against what that gave."""
    for operation, figures in DNN_SUPERRES.items():
        for scale, published in figures.items():
            wanted = published
            for backend, precision in (("opencv_dnn", "fp32"), *EVERYWHERE):
                label = f"{operation} x{scale}"
                params: dict[str, Value] = {"scale": scale}
                found = _evaluated(page, label, operation, params, pictures, backend, precision, threads)
                if found is None:
                    continue
                yield _row(page, label, backend, precision, found.mean, wanted, PUBLISHED_WITHIN_DB)
                if backend == "opencv_dnn":
                    wanted = found.mean["psnr_y_db"]


def _row(
    page: Page,
    label: str,
    backend: str,
    precision: str,
    mean: Mapping[str, float],
    wanted: float,
    within: float,
) -> list[str]:
    psnr = mean["psnr_y_db"]
    is_kept = round(abs(psnr - wanted), 3) <= within
    kept = page.require(
        is_kept, f"{label} on {backend} {precision} reaches {psnr:.2f} dB on Set5, not {wanted:.2f}"
    )
    figures = [f"{psnr:.2f}", f"{mean['ssim_y']:.4f}", f"{wanted:.2f}", f"{within:.2f}", kept]
    return [label, backend, precision, *figures]


def mattes(page: Page, folder: Path, *, threads: int) -> None:
    """Mean absolute difference of mattes, the picture stretched to the network's input."""
    page.heading("Mattes: mean absolute difference to the reference, median over the pictures")
    columns = ["model", "pictures", "backend", "precision", "MAD", "MSE", "SAD", "Grad", "Conn"]
    page.table([*columns, "MAD at most", "kept"], _mattes(page, folder, threads))


def _mattes(page: Page, folder: Path, threads: int) -> Iterator[list[str]]:
    for subset in ("portraits", "portraits_alpha"):
        pictures = sorted((folder / subset).glob("*.jpg"))
        for model, label, ways in MATTES:
            for backend, precision in ways:
                found = _evaluated(
                    page, label, "matting", {"model": model}, pictures, backend, precision, threads
                )
                if found is None:
                    continue
                median, limit = found.median, MATTE_LIMITS[model]
                sentence = f"{label} on {backend} {precision}, {subset}: {median['mad']:.4f}, above {limit}"
                kept = page.require(median["mad"] <= limit, sentence)
                digits = {"mad": 4, "mse": 4, "sad": 1, "grad": 1, "conn": 1}
                figures = [f"{median[key]:.{number}f}" for key, number in digits.items()]
                yield [label, f"{subset} ({len(pictures)})", backend, precision, *figures, f"{limit}", kept]


def _evaluated(
    page: Page,
    label: str,
    operation: str,
    params: dict[str, Value],
    pictures: list[Path],
    backend: str,
    precision: str,
    threads: int,
) -> Evaluation | None:
    """The figures; None, said why, where weights or the runtime are missing."""
    if "weights" in {param.name for param in OPERATIONS[operation].params}:
        params = {**params, "weights": "published"}
    try:
        return evaluate(
            operation,
            pictures,
            params=params,
            backend=backend,
            precision=precision,
            threads=threads,
            rounded=operation == "carn_m",
        )
    except AtelierError as error:
        page.without(f"{label} on {backend} {precision}: {error}")
        return None
