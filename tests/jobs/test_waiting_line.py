"""The line is in the order of the ids, has a bound, and keeps a place for those who come again when they were told."""

import pytest

from toolkit.jobs.waiting_line import Refused, Waiting, WaitingLine, Why

BUSY = {"busy_s": 0.0, "job_s": 0.1, "workers": 2}


def line_of(count: int, *, most: int = 100, max_wait_s: float = 1e6) -> WaitingLine:
    line = WaitingLine(most=most, max_wait_s=max_wait_s)
    for number in range(1, count + 1):
        line.add(number, Waiting(name=f"job {number}", cost_s=2.0, since_s=float(number)))
    return line


def test_a_job_that_was_given_back_goes_before_the_others():
    line = line_of(3)
    line.remove(1)
    assert line.ahead(3) == (1, 2.0)
    line.add(1, Waiting(name="job 1", cost_s=5.0, since_s=1.0))
    assert line.ahead(1) == (0, 0.0)
    assert line.ahead(3) == (2, 7.0)
    assert line.oldest_s(now_s=11.0) == 10.0


def test_a_full_line_refuses_and_says_when_to_come_again():
    line = line_of(5, most=5)
    with pytest.raises(Refused) as refused:
        line.require_room("me", **BUSY)
    assert refused.value.why is Why.FULL and refused.value.retry_after_s >= 1


def test_a_job_that_would_wait_too_long_is_refused():
    line_of(5, max_wait_s=5.1).require_room("me", **BUSY)
    with pytest.raises(Refused) as refused:
        line_of(5, max_wait_s=5.1).require_room("me", **{**BUSY, "busy_s": 20.0})
    assert refused.value.retry_after_s >= 10


def test_a_client_that_comes_again_in_time_finds_the_place_that_new_clients_do_not():
    line = line_of(20, most=20)
    with pytest.raises(Refused):
        line.require_room("first", **BUSY)
    line._tickets["first"] -= 1.0  # the second after which it was told to come has passed
    line.remove(1)
    with pytest.raises(Refused):
        line.require_room("somebody new", **BUSY)
    for _ in range(2):  # a question alone does not use the place up
        line.require_room("first", **BUSY)
    line.use("first")
    with pytest.raises(Refused):
        line.require_room("first", **BUSY)


def test_the_cost_of_the_line_is_that_of_its_jobs():
    line = line_of(3)
    for number in (2, 2):
        line.remove(number)
    assert line.cost_s == 4.0
    for number in (1, 3):
        line.remove(number)
    assert line.cost_s == 0.0
