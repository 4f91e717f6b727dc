"""A user's table as CSV: what is read, and the sentence for what cannot be."""

from pathlib import Path

import pytest

from tests.results.factory import make_measurement
from toolkit.core.errors import InvalidValue
from toolkit.results.rows.frame import export_csv
from toolkit.results.rows.rate_file import published_tables, read_rates
from toolkit.results.rows.rates import rate_tables


def written(folder: Path, text: str) -> Path:
    path = folder / "my rates.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_two_columns_are_enough(tmp_path):
    (table,) = read_rates(written(tmp_path, "workers,throughput_ips\n1,10\n2,19\n"))
    assert [(p.workers, p.threads, p.rate.value) for p in table.points] == [(1, 1, 10.0), (2, 1, 19.0)]
    assert table.cores is None
    assert table.label == "my rates"


def test_every_optional_column_is_read(tmp_path):
    header = "operation,backend,size_mp,physical_cores,workers,threads,throughput_ips,throughput_low_ips,"
    header += "throughput_high_ips,blocks,latency_p95_s,memory_peak_bytes,my_own"
    rows = "anime,torch,0.26,8,1,2,10,9.5,10.5,5,0.12,1e9,x\nanime,torch,0.26,8,2,2,19,,,,,,\n"
    (table,) = read_rates(written(tmp_path, f"# from the other house\n{header}\n{rows}"))
    first, second = table.points
    assert (table.name, table.megapixels, table.cores) == ("anime@torch", 0.26, 8)
    assert (first.rate.low, first.rate.high, first.rate.n_processes) == (9.5, 10.5, 5)
    assert (first.latency_p95.value, first.peak_bytes) == (0.12, 10**9)
    assert (second.latency_p95, second.peak_bytes, second.rate.has_interval) == (None, None, False)


def test_the_export_of_another_machine_is_a_table(tmp_path):
    measured = [make_measurement(workers=n, megapixels=mp) for n in (1, 2) for mp in (1, 2)]
    tables = read_rates(export_csv(measured, tmp_path / "rows.csv"))
    own = rate_tables(measured)
    assert [t.name for t in tables] == [t.name for t in own]
    for read, direct in zip(tables, own, strict=True):
        assert [p.rate.value for p in read.points] == pytest.approx([p.rate.value for p in direct.points])
        assert [p.rate.low for p in read.points] == pytest.approx([p.rate.low for p in direct.points])


def test_rows_that_are_not_ok_are_left_out(tmp_path):
    (table,) = read_rates(written(tmp_path, "workers,throughput_ips,status\n1,10,ok\n2,nan,failed\n"))
    assert len(table.points) == 1


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "CSV"),
        ("workers,rate\n1,2\n", "throughput_ips"),
        ("workers,throughput_ips\n1,fast\n", "fast"),
        ("workers,throughput_ips\n1,-3\n", "above 0"),
        ("workers,throughput_ips\n1.5,3\n", "whole"),
        ("workers,throughput_ips\n,3\n", "workers"),
        ("workers,throughput_ips\n1e9,3\n", "10000"),
        ("workers,throughput_ips\n1,3\n1,4\n", "one row"),
        ("workers,throughput_ips\n", "row"),
        ("workers,throughput_ips,status\n1,3,failed\n", "status ok"),
        ("workers,throughput_ips\n1,inf\n", "above 0"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(tmp_path, text, word):
    with pytest.raises(InvalidValue, match=word) as refused:
        read_rates(written(tmp_path, text))
    assert "\n" not in str(refused.value)


def test_no_file_and_no_text_file_are_refused_with_the_published_names(tmp_path):
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)))
    for path in (tmp_path / "none.csv", tmp_path, tmp_path / "binary.csv"):
        with pytest.raises(InvalidValue):
            read_rates(path)
    with pytest.raises(InvalidValue, match=published_tables()[0]):
        read_rates("animegan")
