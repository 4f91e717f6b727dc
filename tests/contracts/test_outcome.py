import pytest

from toolkit.contracts.outcome import Cause, Status
from toolkit.core.errors import EmptyPicture, InvalidValue, NotFinite, TrialFailed, Unavailable, Unsupported


@pytest.mark.parametrize(
    ("cause", "status", "settled", "wrong"),
    [
        ("", "ok", False, False),
        ("wrong size", "failed", True, True),
        ("disagreed", "failed", True, True),
        ("empty picture", "failed", True, True),
        ("not finite", "failed", True, False),
        ("raised", "failed", True, False),
        ("timed out", "failed", False, False),
        ("died", "failed", False, False),
        ("unwritable", "failed", False, False),
        ("cancelled", "failed", False, False),
        ("unavailable", "skipped", False, False),
        ("unsupported", "skipped", False, False),
    ],
)
def test_each_cause_says_its_status_and_whether_it_would_be_met_again(cause, status, settled, wrong):
    found = Cause(cause)
    assert found.status is Status(status)
    assert (found.is_deterministic, found.is_wrong_picture) == (settled, wrong)


def test_no_cause_is_left_out_of_the_table_above():
    assert len(Cause) == 12


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (Unavailable("x"), Cause.UNAVAILABLE),
        (Unsupported("x"), Cause.UNSUPPORTED),
        (EmptyPicture("x"), Cause.EMPTY),
        (NotFinite("x"), Cause.NOT_FINITE),
        (TrialFailed("x"), Cause.RAISED),
        (InvalidValue("x"), Cause.RAISED),
        (ZeroDivisionError("x"), Cause.RAISED),
    ],
)
def test_an_error_has_a_cause(error, cause):
    assert Cause.of(error) is cause
