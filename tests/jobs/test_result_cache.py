"""Results are found by content and settings; the budget and the age are kept, also after a restart."""

import os
import time

import pytest

from tests.jobs.service_jobs import asked
from toolkit.jobs.asked import JobFolder
from toolkit.jobs.result_cache import ResultCache
from toolkit.workers.executor import Work

SMALL, LARGE = (Work(operation="oil_painting", params=(("size", size), ("dynRatio", 1))) for size in (3, 9))


@pytest.fixture
def folder(tmp_path):
    return JobFolder(tmp_path)


def fill(cache: ResultCache, folder: JobFolder, number: int, content: bytes = b"x" * 100):
    one = asked(folder, number, work=SMALL)
    result = folder.result(f"job{number}", 1, "oil_painting", ".png")
    result.write_bytes(content)
    cache.keep(one, SMALL, result)
    return one


def cache_of(folder: JobFolder, most_bytes: int = 250, keep_s: float = 1e6) -> ResultCache:
    return ResultCache(folder.cache, most_bytes=most_bytes, keep_s=keep_s)


def test_a_result_is_given_for_the_same_picture_and_settings_only(folder):
    cache = cache_of(folder)
    one = fill(cache, folder, 1, b"the result")
    assert cache.give("again", one, folder)
    assert folder.result("again", 0, "oil_painting", ".png").read_bytes() == b"the result"
    assert not cache.give("other", asked(folder, 1, work=LARGE), folder)
    assert not cache.give("other", asked(folder, 2, work=SMALL), folder)
    assert (cache.counts.hits, cache.counts.misses) == (1, 2)


def test_the_results_used_longest_ago_go_first(folder):
    cache = cache_of(folder)
    first, second = fill(cache, folder, 1), fill(cache, folder, 2)
    assert cache.give("used", first, folder)
    third = fill(cache, folder, 3)
    assert [cache.give("again", one, folder) for one in (first, second, third)] == [True, False, True]
    assert cache.counts.evictions == 1
    assert sum(file.stat().st_size for file in folder.cache.iterdir()) == cache.n_bytes == 200


def test_results_outlive_a_restart_but_not_their_age(folder):
    one = fill(cache_of(folder), folder, 1)
    assert cache_of(folder).give("again", one, folder)
    (file,) = folder.cache.iterdir()
    os.utime(file, (time.time() - 100, time.time() - 100))
    assert not cache_of(folder, keep_s=50).give("again", one, folder)
    assert not list(folder.cache.iterdir())
