"""What a test reads from a drawn chart."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from toolkit.results.plots.charts import Chart


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
