"""Synthetic rows of models, as `atelier bench --backends all --precisions all` would measure them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tests.results.factory import make_measurement
from toolkit.contracts.backend import Placement
from toolkit.contracts.measurement import Agreement, Measurement

NO_INT8 = "backend torch has no int8; onnxruntime and openvino have."
TOO_FAR = "anime@opencv_dnn disagrees with the torch reference: 31.0 dB, and at least 60 dB it must be."
SEEDED = (("weights", "untrained"),)

# backend, options, precision, ms, first call s, dB (None: equal), largest difference
ANIME = (
    ("torch", (), "fp32", 1275.0, 1.9, None, 0),
    ("torch", (), "bf16", 790.0, 1.2, 52.1, 7),
    ("torch", (("compile", True),), "fp32", 640.0, 38.0, 96.2, 1),
    ("torch", (("compile", True),), "bf16", 307.0, 41.0, 51.8, 8),
    ("onnxruntime", (), "fp32", 720.0, 0.9, 97.0, 1),
    ("onnxruntime", (), "int8", 410.0, 1.1, 27.5, 61),
    ("openvino", (), "fp32", 655.0, 1.4, 96.8, 1),
    ("openvino", (), "bf16", 318.0, 1.6, 51.0, 9),
    ("openvino", (), "int8", 246.0, 1.7, 27.1, 66),
)


def model_row(
    operation: str,
    backend: str,
    *,
    latency_ms: float,
    options: tuple[tuple[str, object], ...] = (),
    precision: str = "fp32",
    params: tuple[tuple[str, object], ...] = (),
    threads: int = 2,
    size: tuple[int, int] = (512, 512),
    start_s: float = 1.0,
    psnr_db: float | None = None,
    max_abs: int = 0,
    peak_mb: float = 500.0,
    pipeline_ms: Mapping[str, float] | None = None,
    reference: str = "torch",
    **given: object,
) -> Measurement:
    """One row of a model with what its start costs, its memory and the stages of one picture."""
    m = make_measurement(
        operation,
        backend=backend,
        latency_s=latency_ms / 1e3,
        placement=Placement(threads=threads, precision=precision, options=options),
        params=params,
        width=size[0],
        height=size[1],
        max_abs=max_abs,
        psnr_db=psnr_db,
        **given,
    )
    stages = {"spawn": 0.08, "import": 0.9, "photos": 0.2, "load": 0.3 * start_s, "first": 0.7 * start_s}
    pipeline = {stage: ms / 1e3 for stage, ms in (pipeline_ms or {}).items()}
    blocks = tuple(
        replace(
            block,
            workers=tuple(replace(run, stages_s=stages, pipeline_s=pipeline) for run in block.workers),
        )
        for block in m.blocks
    )
    memory = m.memory and replace(m.memory, pss_peak_bytes=int(peak_mb * 1e6))
    agreement: Agreement | None = m.agreement and replace(m.agreement, reference=reference)
    return replace(m, blocks=blocks, memory=memory, agreement=agreement)


def anime_rows(*, is_trained: bool = False) -> list[Measurement]:
    """AnimeGANv2 in nine ways, one that is wrong and one that is skipped."""
    params = () if is_trained else SEEDED
    found = [
        model_row(
            "anime",
            backend,
            options=options,
            precision=precision,
            latency_ms=ms,
            start_s=first_s,
            psnr_db=psnr,
            max_abs=levels,
            peak_mb=300 + ms,
            params=params,
            pipeline_ms={
                "decode": 3.1,
                "preprocess": 2.0,
                "infer": ms - 4,
                "postprocess": 2.1,
                "encode": 6.5,
            },
        )
        for backend, options, precision, ms, first_s, psnr, levels in ANIME
    ]
    wrong = {"status": "failed", "cause": "disagreed", "note": TOO_FAR, "psnr_db": 31.0, "max_abs": 90}
    found.append(model_row("anime", "opencv_dnn", latency_ms=930, params=params, **wrong))
    skipped = {"status": "skipped", "cause": "unavailable", "note": NO_INT8}
    found.append(model_row("anime", "torch", precision="int8", latency_ms=1, params=params, **skipped))
    return found


# operation, backend, precision, options, ms, PSNR-Y of Set5 x3, peak MB, dB against its own fp32, largest difference
SUPER_RESOLUTION = (
    ("bicubic", "opencv", "fp32", (), 4.0, 30.40, 130, None, 0),
    ("fsrcnn", "opencv_dnn", "fp32", (), 95.0, 30.59, 210, 88.0, 1),
    ("fsrcnn", "torch", "fp32", (), 60.0, 30.59, 480, None, 0),
    ("fsrcnn", "onnxruntime", "fp32", (), 41.0, 30.59, 240, 91.0, 1),
    ("fsrcnn", "openvino", "bf16", (), 21.0, 30.57, 260, 58.0, 2),
    ("carn_m", "torch", "fp32", (), 900.0, 33.90, 900, None, 0),
    ("carn_m", "torch", "bf16", (("compile", True),), 310.0, 33.88, 950, 56.0, 3),
    ("carn_m", "onnxruntime", "int8", (), 240.0, 33.41, 420, 41.2, 12),
    ("carn_m", "openvino", "bf16", (), 205.0, 33.88, 610, 56.0, 3),
    ("carn", "openvino", "fp32", (), 1700.0, 34.05, 1100, 90.0, 1),
    ("carn", "openvino", "bf16", (), 720.0, 34.03, 1000, 55.1, 3),
)


def super_resolution_rows() -> list[Measurement]:
    """Super-resolution x3 with its ground truth, from bicubic to CARN; and EDSR, untrained, without quality."""
    found = [
        model_row(
            operation,
            backend,
            precision=precision,
            options=options,
            latency_ms=ms,
            params=(("scale", 3),),
            size=(480, 320),
            peak_mb=peak,
            psnr_db=db,
            max_abs=levels,
            quality={"psnr_y_db": psnr_y, "ssim_y": 0.86 + (psnr_y - 30) / 70},
            pipeline_ms={"decode": 1.6, "preprocess": 0.8, "infer": ms, "postprocess": 2.4, "encode": 19.0},
        )
        for operation, backend, precision, options, ms, psnr_y, peak, db, levels in SUPER_RESOLUTION
    ]
    seeded = {"params": (("scale", 3), *SEEDED), "size": (480, 320), "peak_mb": 3100}
    found.append(model_row("edsr", "openvino", latency_ms=11_000, psnr_db=95.0, max_abs=1, **seeded))
    found.append(
        model_row("edsr", "openvino", precision="bf16", latency_ms=5_200, psnr_db=50.2, max_abs=8, **seeded)
    )
    return found


def matte_rows() -> list[Measurement]:
    """A portrait matte in five ways, with errors against its ground truth, and a model loaded for each picture."""
    ways = (
        ("prisma", "onnxruntime", "fp32", False, 21.0, 0.041),
        ("prisma", "openvino", "fp32", False, 17.0, 0.041),
        ("prisma", "openvino", "int8", False, 14.0, 0.044),
        ("prisma", "openvino", "fp32", True, 260.0, 0.041),
        ("selfie", "opencv_dnn", "fp32", False, 30.0, 0.017),
    )
    return [
        model_row(
            "matting",
            backend,
            precision=precision,
            latency_ms=ms,
            params=(("model", model), *[("reload", True)] * is_reloaded),
            size=(1440, 1080),
            quality={"mad": mad, "sad": 63.8 * mad / 0.041, "mse": mad / 1.4, "grad": 31.2, "conn": 60.1},
            psnr_db=48.0 if precision == "int8" else 92.0,
            max_abs=9 if precision == "int8" else 1,
            reference="onnxruntime",
            pipeline_ms={"decode": 14, "preprocess": 3, "infer": ms - 6, "postprocess": 3, "encode": 31},
        )
        for model, backend, precision, is_reloaded, ms, mad in ways
    ]
