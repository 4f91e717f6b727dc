"""What the models reach on pictures whose right output is known: Set5, and portraits with their mattes."""

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
# Operation, parameters, figure, whether that is of rounded luma, how near, ways.
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
    """Y-PSNR on Set5, MATLAB's degradation, the border of `scale` px cut, of luma as it is and of rounded luma."""
    pictures = sorted((folder / "set5").glob("*.png"))
    page.heading(f"Set5 ({len(pictures)} pictures): Y-PSNR in dB, mean over the pictures")
    page.say(
        "Shrunk with MATLAB's antialiased bicubic (core/imresize.py), not with cv2.resize; border of 'scale' px cut."
    )
    columns = ["model", "backend", "precision", "luma as is", "rounded", "SSIM-Y"]
    columns += ["judged", "wanted", "within", "kept"]
    page.table(columns, chain(_papers(page, pictures, threads), _dnn_superres(page, pictures, threads)))
    page.say(
        "'luma as is' is PSNR of the luma of uint8 pictures in floating point, which 'atelier bench' and the notebooks "
        "print too; 'rounded' is of luma rounded to whole levels first, as MATLAB's rgb2ycbcr makes it of uint8 "
        "pictures. 'judged' says which of the two is held against the wanted figure, and is what SSIM-Y is of. "
        "CARN-M's is the rounded one: its authors judged saved pictures with the MATLAB script of SelfExSR "
        "(nmhkahn/CARN-pytorch, issue 1), which rounds so. They also cut levels off where we round them, worth another "
        "0.04 to 0.18 dB that is not taken from our figures. The other figures are of luma as it is: bicubic's and "
        "dnn_superres' agree with it to 0.01 dB, and the publishers of EDSR mobile print none for Set5: 37.66 is this "
        "project's, of luma as it is."
    )
    page.say(
        "FSRCNN and ESPCN stay 2.5 dB under their papers on every runtime alike, so it is not the importer. Their "
        "published scripts train on pictures that cv2.resize has shrunk, and on patches smaller than what the nets "
        "look at: probably the cause. More in toolkit/nets/fsrcnn.py."
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
        is_kept, f"{label} on {backend} {precision} reaches {psnr:.2f} dB on Set5, not {wanted:.2f}"
    )
    ssim = mean["ssim_y_rounded" if is_rounded else "ssim_y"]
    figures = [f"{plain:.2f}", f"{rounded:.2f}", f"{ssim:.4f}", "rounded" if is_rounded else "as is"]
    return [label, backend, precision, *figures, f"{wanted:.2f}", f"{within:.2f}", kept]


def mattes(page: Page, folder: Path, *, threads: int) -> None:
    """Mean absolute difference of mattes, the picture stretched to the network's input."""
    page.heading("Mattes: mean absolute difference to the reference, median over the pictures")
    columns = ["model", "pictures", "backend", "precision", "MAD", "MSE", "SAD", "Grad", "Conn"]
    page.table([*columns, "MAD at most", "kept"], _mattes(page, folder, threads))
    page.say(
        "The references of 'portraits' are P3M-Net's mattes, those of 'portraits_alpha' exact. Figures are over all "
        "pixels, with no trimap, so none compares with a paper that has one. Grad takes mattes as they are; the "
        "published scripts stretch each to 0..1 first (mat2gray), which changes nothing where both reach 0 and 255, "
        "as here all do but the full INT8's: 254 at most, and Grad 0.03 more if stretched."
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
    """The figures; None, said why, where weights or the runtime are missing, and where it fails, which is a miss."""
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
