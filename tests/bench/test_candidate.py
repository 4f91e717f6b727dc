"""Whatever stops a trial becomes its answer."""

import dataclasses

import psutil
import pytest

from tests.bench.planted import PLUGINS, SHORT, trial_of
from toolkit.bench.measure import measure
from toolkit.contracts.checked_trial import make_trial
from toolkit.contracts.operation import OPERATIONS, Operation, load_plugin
from toolkit.core.errors import InvalidValue

pytestmark = pytest.mark.usefixtures("own_cache_and_lock")


@pytest.mark.parametrize(
    ("name", "cause", "said"),
    [
        ("raises", "raised", "ZeroDivisionError: planted"),
        ("kills_itself", "died", "was killed by signal 9"),
        ("needs_too_much", "died", "ran out of memory. A smaller picture"),
        ("hangs", "timed out", "gave no answer within"),
    ],
)
def test_a_broken_worker_is_an_answer_and_not_a_hang(name, cause, said):
    plan = dataclasses.replace(SHORT, timeout_s=2.0)
    before = psutil.Process().children(recursive=True)  # such as torch's compile processes of an earlier test
    answer = measure(trial_of(name), plan=plan)
    assert (answer.status, answer.cause) == ("failed", cause)
    assert said in answer.note
    assert answer.is_settled == (cause == "raised")
    assert set(psutil.Process().children(recursive=True)) <= set(before)


def test_a_missing_backend_is_skipped_with_the_install_hint():
    load_plugin(PLUGINS / "needs_nothing_you_have.py")
    answer = measure(make_trial("oil_painting", "needs_nothing_you_have", size=(64, 48)), plan=SHORT)
    assert answer.status == "skipped"
    assert "pip install nothing-you-have" in answer.note
    assert answer.blocks == ()


def test_an_operation_added_in_this_process_cannot_be_measured():
    OPERATIONS.add(
        Operation(name="only_here", summary="", kernels={"opencv": lambda cv2: lambda image: image})
    )
    with pytest.raises(InvalidValue, match="--plugin"):
        measure("only_here@opencv")
