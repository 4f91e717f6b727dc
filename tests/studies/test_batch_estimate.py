"""A dry run says how many pictures there are and, from measurements, how long they may take; it writes nothing."""

import toolkit as tk
from toolkit.studies.batch_estimate import batch_estimate
from toolkit.studies.collection import collect


def test_the_time_follows_from_the_newest_measurement(tmp_path):
    (tmp_path / "in").mkdir()
    for number in range(3):
        tk.save(tk.photo("coffee"), tmp_path / "in" / f"{number}.jpg")
    store = tk.Store(tmp_path / "store.sqlite")
    unknown = batch_estimate("fit_side", str(tmp_path / "in"), str(tmp_path / "out"), store=store, side=64)
    assert unknown.pictures == 3 and unknown.seconds is None and "atelier bench" in str(unknown)
    collect(["fit_side@opencv:images=coffee,megapixels=0.24"], store=store)
    known = batch_estimate(
        "fit_side", str(tmp_path / "in"), str(tmp_path / "out"), store=store, workers=1, side=64
    )
    assert known.seconds is not None and known.seconds > 0
    assert (
        batch_estimate(
            "fit_side", str(tmp_path / "in"), str(tmp_path / "out"), store=store, workers=3, side=64
        ).seconds
        == known.seconds / 3
    )
    assert not (tmp_path / "out").exists()
