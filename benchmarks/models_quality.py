"""Quality of the models against ground truth: Set5 for super-resolution, portraits with mattes for matting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

from benchmarks.models_page import Page
from toolkit.contracts.operation import OPERATIONS
from toolkit.core.errors import AtelierError, Unavailable
from toolkit.core.params import Value
from toolkit.studies.evaluate import Evaluation, evaluate

Ways = tuple[tuple[str, str], ...]  # backend and precision

PAPER_WITHIN_DB, PUBLISHED_WITHIN_DB = 0.1, 0.02
EVERYWHERE: Ways = (("torch", "fp32"), ("onnxruntime", "fp32"), ("openvino", "fp32"))
# Operation, parameters, expected PSNR in dB, whether it is for rounded luma, allowed difference in dB, ways.
SET5: tuple[tuple[str, dict[str, Value], float, bool, float, Ways], ...] = (
    ("bicubic", {"scale": 3}, 30.40, False, PUBLISHED_WITHIN_DB, (("numpy", "fp32"), ("opencv", "fp32"))),
    ("carn_m", {"scale": 2}, 37.53, True, PAPER_WITHIN_DB, EVERYWHERE),
    ("carn_m", {"scale": 3}, 33.99, True, PAPER_WITHIN_DB, EVERYWHERE),
    ("carn_m", {"scale": 4}, 31.92, True, PAPER_WITHIN_DB, EVERYWHERE),
    ("edsr", {"model": "mobile", "scale": 2}, 37.66, False, PUBLISHED_WITHIN_DB, EVERYWHERE),
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
    """Print Y-PSNR on Set5 (MATLAB's degradation, border of `scale` px removed), for luma unrounded and rounded."""
    pictures = sorted((folder / "set5").glob("*.png"))
    page.heading(f"Set5 ({len(pictures)} pictures): Y-PSNR in dB, mean over the pictures")
    page.say(
        "Pictures are shrunk with MATLAB's antialiased bicubic (images/imresize.py), not with cv2.resize; a border of "
        "'scale' px does not count."
    )
    columns = ["model", "backend", "precision", "unrounded", "rounded", "SSIM-Y"]
    columns += ["judged", "expected", "within dB", "passed"]
    page.table(columns, chain(_papers(page, pictures, threads), _dnn_superres(page, pictures, threads)))
    page.say(
        "'unrounded': PSNR of the luma of uint8 pictures, computed in floating point, as 'atelier bench' and the "
        "notebooks print it. 'rounded': the luma is first rounded to whole levels, as MATLAB's rgb2ycbcr does for "
        "uint8 pictures. 'judged' names the one that is compared with the expected figure and that SSIM-Y is computed "
        "from. CARN-M's is the rounded one: its authors evaluated saved pictures with the MATLAB script of SelfExSR "
        "(nmhkahn/CARN-pytorch, issue 1), which rounds like this. They also truncate levels where we round, which "
        "changes PSNR by another 0.04 to 0.18 dB; our figures are not corrected for that. All other figures are "
        "unrounded: those of bicubic and dnn_superres match to 0.01 dB. The publishers of EDSR mobile give no figure "
        "for Set5; 37.66 dB is this project's own."
    )
    page.say(
        "FSRCNN and ESPCN stay 2.5 dB below their papers, on every runtime alike, so the cause is not the import. The "
        "probable cause: their published scripts train on pictures shrunk by cv2.resize, and on patches smaller than "
        "the receptive field. More in toolkit/nets/fsrcnn.py."
    )


def _papers(page: Page, pictures: list[Path], threads: int) -> Iterator[list[str]]:
    for operation, params, wanted, is_rounded, within, ways in SET5:
        label = " ".join(
            [operation, *(str(v) for k, v in params.items() if k != "scale"), f"x{params['scale']}"]
        )
        for backend, precision in ways:
            found = _evaluated(page, label, operation, params, pictures, backend, precision, threads)
            if found is not None:
                yield _row(page, label, backend, precision, found.mean, wanted, is_rounded, within)
    quantised = _evaluated(
        page, "edsr mobile x2", "edsr", {"model": "mobile", "scale": 2}, pictures, "openvino", "int8", threads
    )
    if quantised is not None:  # 37.48 in the TFLite runtime
        yield _row(
            page, "edsr mobile x2, uint8 TFLite", "openvino", "int8", quantised.mean, 37.48, False, 0.1
        )


def _dnn_superres(page: Page, pictures: list[Path], threads: int) -> Iterator[list[str]]:
    """Compare dnn_superres with the published figure, and the other runtimes with the result of dnn_superres."""
    for operation, figures in DNN_SUPERRES.items():
        for scale, published in figures.items():
            wanted = published
            for backend, precision in (("opencv_dnn", "fp32"), *EVERYWHERE):
                label = f"{operation} x{scale}"
                params: dict[str, Value] = {"scale": scale}
                found = _evaluated(page, label, operation, params, pictures, backend, precision, threads)
                if found is None:
                    continue
                yield _row(page, label, backend, precision, found.mean, wanted, False, PUBLISHED_WITHIN_DB)
                if backend == "opencv_dnn":
                    wanted = found.mean["psnr_y_db"]


def _row(
    page: Page,
    label: str,
    backend: str,
    precision: str,
    mean: Mapping[str, float],
    wanted: float,
    is_rounded: bool,
    within: float,
) -> list[str]:
    plain, rounded = mean["psnr_y_db"], mean["psnr_y_db_rounded"]
    psnr = rounded if is_rounded else plain
    is_kept = round(abs(psnr - wanted), 3) <= within
    kept = page.require(
        is_kept, f"{label} on {backend} {precision} reaches {psnr:.2f} dB on Set5, expected {wanted:.2f}"
    )
    ssim = mean["ssim_y_rounded" if is_rounded else "ssim_y"]
    figures = [f"{plain:.2f}", f"{rounded:.2f}", f"{ssim:.4f}", "rounded" if is_rounded else "unrounded"]
    return [label, backend, precision, *figures, f"{wanted:.2f}", f"{within:.2f}", kept]


def mattes(page: Page, folder: Path, *, threads: int) -> None:
    """Print the mean absolute difference of mattes to ground truth; pictures are stretched to the network's input."""
    page.heading("Mattes: mean absolute difference (MAD) to ground truth, median over the pictures")
    columns = ["model", "pictures", "backend", "precision", "MAD", "MSE", "SAD", "Grad", "Conn"]
    page.table([*columns, "MAD at most", "passed"], _mattes(page, folder, threads))
    page.say(
        "Ground truth of 'portraits' are P3M-Net's mattes; that of 'portraits_alpha' is exact. Figures are over all "
        "pixels, without a trimap, so they cannot be compared with papers that use one. Grad takes mattes unchanged; "
        "the published scripts first stretch each to 0..1 (mat2gray). That makes no difference for mattes that reach "
        "0 and 255, as all do here except the full INT8 graph's (at most 254; stretched, its Grad is 0.03 higher)."
    )


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
    """The figures; None where weights or the runtime are missing (noted) or where it fails (a miss)."""
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
        )
    except Unavailable as error:
        page.without(f"{label} on {backend} {precision}: {error}")
    except AtelierError as error:
        page.require(False, f"{label} on {backend} {precision}: {error}")
    return None
