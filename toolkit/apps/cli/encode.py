"""Measure the time, the file size and the quality of one picture in each file format and setting; nothing is stored.

Encoders have a command of their own, because `bench` measures operations on backends, and an encoder is neither.
"""

from __future__ import annotations

import argparse
import sys

from toolkit.apps.cli.output import print_rows
from toolkit.apps.cli.parser import Parser, reads
from toolkit.core.params import Param
from toolkit.images.encode import QUALITY
from toolkit.images.encode_settings import FORMATS, encode_settings
from toolkit.images.photos import photo
from toolkit.results.tables.encodings import encodings_table
from toolkit.studies.encodings import in_each_format

_QUALITY = Param(name="quality", default=QUALITY, low=1, high=100)


def configure(parser: Parser, arguments: list[str]) -> None:
    add = parser.add_argument
    add("picture", metavar="PICTURE", help="a picture file, or a name from: atelier list images")
    formats_help = f"formats: {', '.join(FORMATS)}; default: all formats (takes half a minute for 12 MP)"
    add("--formats", nargs="+", default=list(FORMATS), choices=FORMATS, metavar="NAME", help=formats_help)
    quality_help = "qualities of JPEG, WebP and AVIF, 1 to 100; default: 75, 85 and 95"
    add(
        "--quality",
        nargs="+",
        type=reads(_QUALITY, "atelier encode"),
        default=[75, 85, QUALITY],
        metavar="N",
        help=quality_help,
    )
    add("--plot", metavar="FOLDER", help="also draw encodings.png and encodings.svg into this folder")
    parser.add_json()


def run(args: argparse.Namespace) -> int:
    from tqdm import tqdm

    image = photo(args.picture)
    count = len(encode_settings(args.formats, qualities=args.quality))
    with tqdm(total=count, unit="setting", leave=False, disable=args.quiet or None) as bar:
        found = in_each_format(
            image, formats=args.formats, qualities=args.quality, on_setting=lambda name: bar.update()
        )
    title = f"{args.picture}, {image.shape[1]} x {image.shape[0]}, in each format"
    print_rows(encodings_table(found, title=title), as_json=args.json)
    if args.plot is not None:
        from toolkit.results.plots import charts
        from toolkit.results.plots.encodings import encodings_plot

        chart = encodings_plot(found, title=title)
        assert isinstance(chart, charts.Chart)
        written, _ = charts.save(chart, args.plot, "encodings")
        print(f"atelier: wrote the chart {written}", file=sys.stderr)
    return 0
