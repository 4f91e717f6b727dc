"""A service knows what operations cost before the first request, and serves a tuned configuration."""

from __future__ import annotations

import yaml

from tests.apps.service.running_service import png, running
from toolkit.studies.tune.configuration import FORMAT


def test_a_tuned_operation_is_served_and_what_costs_too_much_is_refused(tmp_path):
    config = tmp_path / "tuned.yaml"
    run = {"backend": "opencv", "threads": 1, "workers": 1}
    config.write_text(
        yaml.safe_dump({"format": FORMAT, "operation": "oil_painting", "params": {"size": 9}, "run": run})
    )
    with running(tmp_path / "data", "naps", "--config", str(config), "--max-cost", "140ms") as service:
        found = {one["name"]: one for one in service.client.get("/operations").json()["operations"]}
        assert (
            next(param for param in found["oil_painting"]["params"] if param["name"] == "size")["default"]
            == 9
        )
        assert found["naps"]["seconds_per_mp"] > 0.14 and found["naps"]["is_too_slow"]
        refused = service.submit(png(1000, 1000))
        assert refused.status_code == 422
        assert "naps" in refused.json()["detail"] and "140 ms" in refused.json()["detail"]
        assert service.submit(png()).status_code == 202
        plain = service.ended(service.submit(png(seed=2), operation="oil_painting").json()["id"])
        asked = service.submit(png(seed=2), operation="oil_painting", params={"size": 9}, backend="opencv")
        assert plain["state"] == "done" and asked.json()["cached"]
