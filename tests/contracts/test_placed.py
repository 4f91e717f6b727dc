import numpy as np

import toolkit as tk
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.placed import opened_steps


def test_steps_run_in_their_order():
    picture = np.random.default_rng(7).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    steps = (("fit_side", {"side": 30}), ("fit_pixels", {"pixels": 150, "interpolation": "nearest"}))
    *placed, _ = make_trial("oil_painting", "opencv", steps=steps, size=(60, 40)).parts
    with opened_steps(placed) as run:
        by_hand = tk.apply(
            "fit_pixels", tk.apply("fit_side", picture, side=30), pixels=150, interpolation="nearest"
        )
        assert (run(picture) == by_hand).all()
    with opened_steps(()) as run:
        assert run(picture) is picture
