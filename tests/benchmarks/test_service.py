"""The short form of a storm in ``benchmarks/service.py``: everything of a service on Celery workers is killed."""

import subprocess
import sys
from pathlib import Path


def test_a_service_on_celery_loses_no_job_when_its_front_redis_and_a_worker_are_killed():
    command = [sys.executable, "-m", "benchmarks.service", "--short", "--only", "celery"]
    answer = subprocess.run(
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=240
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "0 processes of the workers are left" in answer.stdout
