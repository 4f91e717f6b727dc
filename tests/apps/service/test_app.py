"""A client's view of a service that has time: a job from the request to its result, and every answer that says no."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image as Pillow

from tests.apps.bad_pictures import huge_png_header
from tests.apps.service.running_service import RunningService, png, running
from toolkit.contracts.apply import apply
from toolkit.images.image import load


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    data = tmp_path_factory.mktemp("service")
    with running(data, "naps", "stylization", "oil_painting") as started:
        yield started


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Pillow.open(io.BytesIO(content)).convert("RGB"))


def problem(answer) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code and body["detail"].endswith((".", "?"))
    return body["detail"]


def test_a_job_gives_the_picture_that_apply_gives(service: RunningService, tmp_path):
    sent = png(160, 120, seed=1)
    answer = service.submit(sent, operation="stylization", params={"sigma_s": 30})
    assert answer.status_code == 202
    accepted = answer.json()
    assert answer.headers["location"] == f"/jobs/{accepted['id']}"
    assert accepted["state"] in ("queued", "running") and accepted["cached"] is False
    job = service.ended(accepted["id"])
    assert (job["state"], job["progress"], job["attempts"]) == ("done", 1.0, 1)
    assert job["wait_s"] >= 0.0 and job["run_s"] > 0.0
    result = service.client.get(job["links"]["result"])
    assert result.headers["content-type"] == "image/png"
    (tmp_path / "sent.png").write_bytes(sent)
    expected = apply("stylization", load(tmp_path / "sent.png"), sigma_s=30.0, threads=1)
    assert np.array_equal(pixels(result.content), expected[..., ::-1])


def test_several_operations_come_in_one_archive(service: RunningService):
    answer = service.submit(operation=["naps", "oil_painting"], params={"oil_painting": {"size": 3}})
    job = service.ended(answer.json()["id"])
    archive = zipfile.ZipFile(io.BytesIO(service.client.get(job["links"]["result"]).content))
    assert archive.namelist() == ["naps.png", "oil_painting.png"]
    alone = service.client.get(job["links"]["result:oil_painting"])
    assert alone.content == archive.read("oil_painting.png")


def test_a_result_is_given_in_the_format_that_the_client_accepts(service: RunningService):
    job = service.ended(service.submit().json()["id"])
    at = job["links"]["result"]
    webp = service.client.get(at, headers={"Accept": "image/webp,image/png;q=0.5"})
    assert webp.headers["content-type"] == "image/webp" and webp.content[8:12] == b"WEBP"
    packed = service.client.get(at, headers={"Accept": "application/zip"})
    assert zipfile.ZipFile(io.BytesIO(packed.content)).namelist() == ["naps.png"]
    assert "image/png" in problem(service.client.get(at, headers={"Accept": "text/html"}))


def test_a_result_has_a_tag_and_ranges(service: RunningService):
    at = service.ended(service.submit().json()["id"])["links"]["result"]
    whole = service.client.get(at)
    again = service.client.get(at, headers={"If-None-Match": whole.headers["etag"]})
    assert again.status_code == 304 and not again.content
    part = service.client.get(at, headers={"Range": "bytes=8-15"})
    assert (part.status_code, part.content) == (206, whole.content[8:16])


def test_a_job_that_has_not_changed_is_not_sent_again(service: RunningService):
    number = service.submit().json()["id"]
    service.ended(number)
    first = service.client.get(f"/jobs/{number}")
    again = service.client.get(f"/jobs/{number}", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


def test_the_same_picture_with_the_same_settings_is_known(service: RunningService):
    sent = png(seed=5)
    first = service.ended(service.submit(sent, params={"seconds": 0.01}).json()["id"])
    again = service.submit(sent, params={"seconds": 0.01}).json()
    assert again["cached"] and again["state"] == "done" and again["id"] != first["id"]
    results = [service.client.get(job["links"]["result"]).content for job in (first, again)]
    assert results[0] == results[1]
    assert not service.submit(sent, params={"seconds": 0.02}).json()["cached"]


def test_a_job_says_how_long_it_has_waited_and_run(service: RunningService):
    first = service.submit(png(seed=30), params={"seconds": 0.7}).json()["id"]
    behind = service.submit(png(seed=31), params={"seconds": 0.1}).json()
    assert behind["run_s"] is None
    job = service.until(first, "running")
    assert job["run_s"] is not None and job["stage"] == "naps"
    first_job, behind_job = service.ended(first), service.ended(behind["id"])
    assert first_job["run_s"] >= 0.7 and behind_job["wait_s"] >= 0.3
    assert service.job(first) == first_job  # the times of a job that has ended stand still


def test_a_request_with_a_known_key_is_the_same_job(service: RunningService):
    key = "../../../tmp/a key"
    first, again = (service.submit(png(seed=7), key=key) for _ in range(2))
    assert again.status_code == 202 and again.json()["id"] == first.json()["id"]
    other = service.submit(png(seed=8), key=key)
    assert other.status_code == 422 and "Idempotency-Key" in problem(other)


def test_the_life_of_a_job_comes_as_events(service: RunningService):
    number = service.submit(png(seed=9), params={"seconds": 0.8}).json()["id"]
    with service.client.stream("GET", f"/jobs/{number}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = list(answer.iter_lines())
    kinds = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    assert kinds[-1] == "end" and "progress" in kinds and set(kinds) <= {"status", "progress", "end"}
    last = json.loads([line for line in lines if line.startswith("data: ")][-1].removeprefix("data: "))
    assert last["state"] == "done"
    shares = [json.loads(line[6:])["progress"] for line in lines if line.startswith("data: ")]
    assert shares == sorted(shares)


def test_a_client_that_connects_again_is_not_told_what_it_knows(service: RunningService):
    number = service.submit(png(seed=10), params={"seconds": 3.0}).json()["id"]
    service.until(number, "running")
    at, known = f"/jobs/{number}/events", ""
    with service.client.stream("GET", at) as answer:
        for line in answer.iter_lines():
            if line.startswith("id: "):
                known = line.removeprefix("id: ")
                break
    with service.client.stream("GET", at, headers={"Last-Event-ID": known}) as answer:
        ids = [line.removeprefix("id: ") for line in answer.iter_lines() if line.startswith("id: ")]
    assert known and ids and known not in ids


def test_a_job_that_is_deleted_leaves_no_file(service: RunningService):
    number = service.submit(png(seed=11)).json()["id"]
    at = service.ended(number)["links"]["result"]
    assert list((service.data / "results").glob(f"{number}*"))
    assert service.client.delete(f"/jobs/{number}").status_code == 200
    assert service.client.delete(f"/jobs/{number}").status_code == 200
    assert [service.client.get(path).status_code for path in (at, f"/jobs/{number}")] == [410, 410]
    assert not list((service.data / "results").glob(f"{number}*"))


@pytest.mark.parametrize(
    ("fields", "status", "word"),
    [
        ({"operation": "stylisation"}, 404, "Did you mean 'stylization'"),
        ({"operation": "edsr"}, 404, "operation"),
        ({"operation": " , "}, 400, "operation"),
        ({"params": {"second": 1}}, 422, "Did you mean 'seconds'"),
        ({"params": {"seconds": -1}}, 422, "seconds"),
        ({"params": {"seconds": "soon"}}, 422, "seconds"),
        ({"params": "{"}, 400, "JSON"),
        ({"params": "[1]"}, 400, "object"),
        ({"backend": "opencvv"}, 422, "Did you mean"),
        ({"format": "gif"}, 422, "format"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(service: RunningService, fields, status, word):
    answer = service.submit(**fields)
    assert answer.status_code == status
    assert word in problem(answer)


def test_what_is_no_picture_or_too_large_is_refused_before_decoding(service: RunningService, tmp_path):
    assert service.submit(b"Dear diary").status_code == 415
    assert service.submit(b"").status_code == 415
    bomb = service.submit(huge_png_header(tmp_path).read_bytes())
    assert bomb.status_code == 413 and "60000 x 60000" in problem(bomb)
    large = service.submit(bytes(20_000_001))
    assert large.status_code == 413 and "MB" in problem(large)
    missing = service.client.post("/jobs", data={"operation": "naps"})
    assert missing.status_code == 400 and "missing" in problem(missing)
    text = service.client.post("/jobs", data={"operation": "naps", "image": "a.png"})
    assert text.status_code == 400 and "file" in problem(text)
    assert not [path for path in (service.data / "uploads").iterdir() if path.stat().st_size > 10_000_000]


def test_an_unknown_job_or_address_is_a_problem(service: RunningService):
    for path in ("/jobs/none", "/jobs/none/result", "/jobs/none/events", "/nowhere"):
        answer = service.client.get(path)
        assert answer.status_code == 404 and problem(answer)
    assert service.client.delete("/jobs/none").status_code == 404
    wrong = service.client.put("/jobs")
    assert wrong.status_code == 405 and "POST" in problem(wrong)


def test_a_damaged_picture_fails_alone_and_names_no_path(service: RunningService):
    content = png(400, 300)
    job = service.ended(service.submit(content[: len(content) // 2]).json()["id"])
    assert job["state"] == "failed" and "picture.png" in job["error"]["detail"]
    assert str(service.data) not in job["error"]["detail"]
    assert service.client.get(f"/jobs/{job['id']}/result").status_code == 409


def test_operations_say_their_parameters_and_costs(service: RunningService):
    service.ended(service.submit(png(seed=12)).json()["id"])
    found = {one["name"]: one for one in service.client.get("/operations").json()["operations"]}
    assert sorted(found) == ["naps", "oil_painting", "stylization"]
    seconds = next(param for param in found["naps"]["params"] if param["name"] == "seconds")
    assert (seconds["low"], seconds["high"], seconds["default"], seconds["unit"]) == (0.0, 60.0, 0.05, "s")
    assert found["naps"]["seconds_per_mp"] > 0


def test_metrics_count_what_has_happened(service: RunningService):
    service.ended(service.submit(png(seed=13)).json()["id"])
    text = service.client.get("/metrics").text
    for name in (
        'atelier_jobs_submitted_total{outcome="accepted"}',
        'atelier_jobs_finished_total{state="done"}',
        "atelier_job_wait_seconds_count",
        'atelier_stage_seconds_count{stage="run"}',
        "atelier_queue_estimated_seconds 0.0",
        'atelier_workers{state="idle"} 1.0',
        "atelier_cache_bytes",
        'atelier_http_seconds_count{code="202",route="/jobs"}',
    ):
        assert name in text, name


def test_the_service_lives_and_is_ready(service: RunningService):
    assert service.client.get("/healthz").status_code == 200
    assert service.client.get("/readyz").status_code == 200
    assert service.client.get("/queue").json()["workers"] == 1
    assert "/jobs/{job_id}" in service.client.get("/openapi.json").json()["paths"]
