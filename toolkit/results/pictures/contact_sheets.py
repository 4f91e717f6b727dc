"""A contact sheet: whole pictures beside each other."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.core.errors import invalid
from toolkit.images.image import Image
from toolkit.results.pictures.sheets import listed, sheet_of
from toolkit.results.plots.charts import Chart


def contact_sheet(pictures: Mapping[str, Image], *, columns: int = 3) -> Chart:
    """Pictures side by side, each below its caption.

    Parameters
    ----------
    pictures : mapping of caption to Image
        uint8 (H, W, 1 | 3 | 4), grey, BGR or BGRA; usually the photo first and then each style. Sizes may differ.
    columns : int
        Pictures in a row, at least 1.

    Raises
    ------
    InvalidValue
        No pictures, or one that breaks the Image contract.
    """
    if not pictures:
        raise invalid("pictures", "contact_sheet", "at least one picture", "none")
    chart = sheet_of(pictures.items(), owner="contact_sheet", columns=min(columns, len(pictures)))
    chart.alt = f"{len(pictures)} pictures side by side: {listed(pictures)}."
    return chart
