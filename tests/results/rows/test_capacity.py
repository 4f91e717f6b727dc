"""Settings of one machine: measured ones that have cores, and those between them by the scaling law."""

from tests.results.factory import MACHINE, make_measurement
from toolkit.analysis.capacity import Need
from toolkit.results.rows.capacity import answers_to, settings_of
from toolkit.results.rows.rates import rate_tables

EIGHT = {**MACHINE, "cpu": {**MACHINE["cpu"], "physical_allowed": 8}}


def tables(*workers, **changes):
    return rate_tables(
        make_measurement(workers=n, latency_s=0.1 * (1 + 0.02 * (n - 1)), fingerprint=EIGHT, **changes)
        for n in workers
    )


def test_settings_that_share_cores_are_left_out():
    (table,) = tables(1, 4, 8, 16)
    assert max(setting.workers for setting in settings_of(table)) == 8


def test_a_number_of_workers_between_two_measured_ones_is_predicted():
    (table,) = tables(1, 2, 4, 8)
    found = {setting.workers: setting for setting in settings_of(table)}
    assert sorted(found) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [n for n, setting in found.items() if not setting.is_measured] == [3, 5, 6, 7]
    assert found[4].rate.value < found[6].rate.value < found[8].rate.value
    assert found[6].rate.low <= found[6].rate.value <= found[6].rate.high
    assert found[4].peak_bytes < found[6].peak_bytes < found[8].peak_bytes
    assert found[6].latency_p95 == found[8].latency_p95


def test_two_counts_predict_nothing_between_them():
    (table,) = tables(1, 8)
    assert len(settings_of(table)) == 2


def test_sizes_are_separate_questions_and_each_has_its_best():
    measured = [
        *tables(1, 2, megapixels=1),
        *tables(1, 2, megapixels=2),
        *tables(1, 2, megapixels=1, backend="numba"),
    ]
    answers = answers_to(measured, Need(target_ips=100))
    assert [answer.table.megapixels for answer in answers] == sorted(
        answer.table.megapixels for answer in answers
    )
    assert [answer.is_best for answer in answers] == [True, False, True]
