"""Published weights: what there is, where each file comes from, its licence and checksum."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

HOST = "https://raw.githubusercontent.com"


@dataclass(frozen=True)
class Source:
    """A public repository at a fixed commit.

    Of some commits only the first 12 digits are known; they name a commit to git as the whole does.

    Attributes
    ----------
    repository : str
        ``owner/name``.
    commit : str
    folder : str
        Folder of the files in the repository.
    licence : str
        SPDX identifier.
    conversion : str
        How a user makes the files of what the source has, where that is another format; empty where `fetch` gets them.
    host : str
        What comes before ``owner/name/commit/path`` when a file is fetched.
    """

    repository: str
    commit: str
    folder: str
    licence: str
    conversion: str = ""
    host: str = HOST

    def __str__(self) -> str:
        return f"{self.repository} @ {self.commit[:12]}, {self.folder}/"


@dataclass(frozen=True)
class Weights:
    """One published file.

    Attributes
    ----------
    name : str
        File name; also the name in the registry.
    source : Source
    checksum : str
        ``sha256:HEX`` of the file, ``git:HEX``, or ``arrays:HEX`` for converted ones; see `toolkit.models.checksum`.
    size_bytes : int or None
        None where it is not known before the file is fetched, or is no matter.
    """

    name: str
    source: Source
    checksum: str
    size_bytes: int | None = None

    @property
    def url(self) -> str:
        """Where `fetch` gets the file."""
        return "/".join(
            (self.source.host, self.source.repository, self.source.commit, self.source.folder, self.name)
        )


_FSRCNN = Source(
    "Saafke/FSRCNN_Tensorflow", "6a4812c4ef1c4f5947d79beafa32a05a6eb4a94d", "models", "Apache-2.0"
)
_ESPCN = Source("fannymonori/TF-ESPCN", "5c628eca82028161a53e1265cc3a5b571ab8625f", "export", "Apache-2.0")
_LAPSRN = Source("fannymonori/TF-LapSRN", "fc51c90af1b5801a357abc919160d7ff4f24b997", "export", "Apache-2.0")
_EDSR = Source("Saafke/EDSR_Tensorflow", "06c7bd65b0305c2955328f8f2721ea86c341f660", "models", "Apache-2.0")
_CARN = Source("nmhkahn/CARN-pytorch", "40d3514f81cccd680d846cd5ab07af35f2c8e0e2", "checkpoint", "MIT")
_EDSR_MOBILE = Source(
    "mlcommons/mobile_open", "86a873714efd", "vision/edsr/models_and_checkpoints/tflite", "Apache-2.0"
)
_CARTOON = Source(
    "mnicnc404/CartoonGan-tensorflow",
    "2f26a525f8b6",
    "exported_models",
    "Apache-2.0",
    conversion=(
        "AnimeGANv2's styles can be fetched in its place (paprika.pt is style=paprika). To convert this one, save its "
        "TensorFlow variables with numpy.savez as float32 under the names and in the shapes of "
        "tests/nets/published/cartoongan_light.json, kernels as (output, input, row, column)."
    ),
)
_ANIME = Source("bryandlee/animegan2-pytorch", "25d7b017267208dfaf34026aa3425e518372aa2f", "weights", "MIT")
_PRISMA = Source("anilsathyan7/Portrait-Segmentation", "dbf69b043cf7", "models/prisma_seg", "MIT")
_SELFIE = Source("Volcomix/virtual-background", "99dfe4a91257", "public/models", "Apache-2.0")

# For each source its files: name, bytes ("-" when not known before it is fetched), checksum.
_FILES = {
    _FSRCNN: """
    FSRCNN_x2.pb 38_973 sha256:366b33f0084c7b3f2bf6724f0a2c77bca94fcec9d7b6d72389d330073b380d5c
    FSRCNN_x3.pb 40_093 sha256:efd38655a815908c6c8954db6052f128e76a735f1de657894c477d0dc0b64481
    FSRCNN_x4.pb 41_661 sha256:5c68d18db561aed8ead4ffedf1b897ea615baaf60ebf6c35f8e641f8fa4a21bf
    FSRCNN-small_x2.pb 9_595 sha256:429e4793d049c1ae16ddbbc322fd11c3c08831c0c20137390b4d098976a2b0d9
    FSRCNN-small_x3.pb 10_235 sha256:58e72d0c4231b8e754180e787d7348f45ae6230ee3c5af7dc12b558467f593f7
    FSRCNN-small_x4.pb 11_131 sha256:92a9f57c28494813b4dc073b51a300cb909401454d77541bcdc96b4d55901d02
    """,
    _ESPCN: """
    ESPCN_x2.pb 86_446 sha256:59f77351e1d7c0057bf6fe088b4a8a07e42c468c8c8aebb674a6b4ea1823221d
    ESPCN_x3.pb 92_226 sha256:0e667db7a431d14c32568ed79bf21701a64df8b1d162e48ca1f8800affe2c2b3
    ESPCN_x4.pb 100_323 sha256:e403f06309229cf36009cd8fb0da032ba7643fae9f15cf94fe562e8edf8fef47
    """,
    _LAPSRN: """
    LapSRN_x2.pb 1_356_253 sha256:f59c86e6835bbca646dbd81588f07820dfe3bd09e3702976ae2d90b5fc0f0b21
    LapSRN_x4.pb 2_712_798 sha256:d3e95c93cafae5ce5a8ed57ce9abf07f2de58da8c5d6d656b766774969835ee2
    """,
    _EDSR: """
    EDSR_x2.pb - git:7087df167eae8865b25b4f6032c819aacde25b8a
    EDSR_x3.pb - git:9b9082ceca0d5a2fc6d6bae7456e2c7934b3aa4d
    EDSR_x4.pb - git:09b872b26a6ba8d43abe433e65e65477ff8714ea
    """,
    _EDSR_MOBILE: """
    f64b5_fp32.tflite 1_667_516 sha256:1e6c0538ba96d60544413c31e247dcffe368ee948147cdb0095942649d5aa538
    f64b5_uint8.tflite 447_064 sha256:ab5d502cd4e63ea920096ca61d3f7e740aba426434e835d40f38510ff57744e1
    """,
    _CARN: """
    carn.pth - git:2b9fb1eb75a2fdd47c1a4cc75bc505a8fa4fb504
    carn_m.pth 1_670_695 sha256:d48a759a84509351facb6b7c6d5bd6edec98b98519b8c464ee4ab44d2ba964ff
    """,
    _ANIME: """
    celeba_distill.pt - git:3b7ea61b02254980831cc3bc77af30666dbc999c
    face_paint_512_v1.pt - git:19c1a1da4d9580186109a2b055d91044e5127de6
    face_paint_512_v2.pt - git:d75102f8f201ddaf8dbe6b913b1a97585b55f838
    paprika.pt - git:58086c9db9fc7a9e5c2876ca31b8079599352643
    """,
    _CARTOON: """
    cartoongan_light_paprika.npz - arrays:52fe890ac34bced5e3f8ebea242c6fa385eb3cd88d0de9ebc1d1ae8029c54013
    cartoongan_light_shinkai.npz - arrays:2993a39d64e738ca9addcaf5da9a36ca4c832316bfc60e225c66879324a6eb17
    """,
    _PRISMA: """
    prisma_nchw.onnx 3_730_406 sha256:cc7357e7300ed5e41ddb73b51910eed900b4dbbe255305011aeb088f6ddc8bd4
    prisma-net.tflite 3_738_148 sha256:239033b3ff31fb3490c1f89aba1c37345e944484d3e209e8538550a301e5d127
    prisma_quant.tflite 1_207_872 sha256:12787590017b7069a6428184059ee1e0c4ce144202a8c921227f14a982abafa1
    """,
    _SELFIE: """
    selfie_segmentation_256_f16.tflite 249_024 sha256:8d13b7fae74af625c641226813616a2117bd6bca19eb3b75574621fc08557f27
    """,
}


def _entries(source: Source, table: str) -> Iterator[Weights]:
    for line in table.strip().splitlines():
        name, size, checksum = line.split()
        yield Weights(name, source, checksum, None if size == "-" else int(size))


WEIGHTS: dict[str, Weights] = {
    entry.name: entry for source, table in _FILES.items() for entry in _entries(source, table)
}
