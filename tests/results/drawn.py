"""Pictures to draw, and what a test reads from a drawn chart."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from toolkit.results.plots.charts import Chart

RED, BLUE = (0, 0, 255), (255, 0, 0)
"""BGR."""


def plain(color: tuple[int, ...], height: int = 40, width: int = 60) -> np.ndarray:
    """A picture of one colour, uint8 (H, W, C)."""
    return np.full((height, width, len(color)), color, dtype=np.uint8)


def legend_of(chart: Chart) -> list[str]:
    """Texts of the legend."""
    return [text.get_text() for text in chart.legends[0].get_texts()]


def pixels_of(chart: Chart) -> np.ndarray:
    """The chart as a grey picture, uint8 (H, W)."""
    return np.asarray(Image.open(io.BytesIO(chart.png())).convert("L"))


def has_white_edges(chart: Chart) -> bool:
    """Whether nothing is drawn at the edge of the chart, so that nothing is clipped."""
    pixels = pixels_of(chart)
    return all(edge.min() == 255 for edge in (pixels[:3], pixels[-3:], pixels[:, :3], pixels[:, -3:]))
