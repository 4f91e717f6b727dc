"""The table of a sweep over executors."""

from __future__ import annotations

from dataclasses import replace

from tests.results.factory import make_measurement
from toolkit.machine.diagnosis import Finding
from toolkit.results.tables.throughput import throughput_table

SETTINGS = [("processes", 1, 1), ("processes", 2, 1), ("threads", 2, 1), ("threads", 1, 2)]


def swept():
    return [make_measurement(executor=e, workers=w, threads=t) for e, w, t in SETTINGS]


def test_the_setting_with_the_most_pictures_a_second_stands_first_and_is_marked():
    table = throughput_table(swept())
    assert list(table.frame["throughput_ips"]) == sorted(table.frame["throughput_ips"], reverse=True)
    headers = [column.header for column in table.columns]
    assert headers[:3] == ["executor", "workers", "threads"]
    assert [row[headers.index("throughput")].is_best for row in table.rows] == [True, False, False, False]
    assert [row[headers.index("speed-up")].text for row in table.rows].count("baseline") == 1
    assert "stylization@opencv" in table.title
    assert max(map(len, table.text(100).splitlines())) <= 100


def test_a_crowded_setting_is_marked_and_a_footnote_says_what_to_do():
    finding = Finding(
        "oversubscribed", "2 workers x 2 threads share 2 processors", "use at most 2 threads in all"
    )
    crowded = replace(make_measurement(executor="threads", workers=2, threads=2), findings=(finding,))
    table = throughput_table([*swept(), crowded])
    assert sum(row[-1].text == "ok crowded" for row in table.rows) == 1
    assert any("use at most" in note for note in table.footnotes)
    assert table.frame["is_oversubscribed"].sum() == 1


def test_on_a_busy_machine_nothing_is_ranked():
    doubt = ("load 5.0 on 2 cores",)
    busy = [replace(m, blocks=tuple(replace(b, suspect=doubt) for b in m.blocks)) for m in swept()]
    table = throughput_table(busy)
    assert "busy" in table.title
    assert not any(cell.is_best for row in table.rows for cell in row)
    assert not {"speed-up", "parallel efficiency"} & {column.header for column in table.columns}
