"""The list of published weights."""

from __future__ import annotations

from toolkit.models.published import WEIGHTS


def test_every_entry_says_where_it_comes_from_and_how_it_is_checked():
    for name, entry in WEIGHTS.items():
        kind, _, digits = entry.checksum.partition(":")
        assert len(digits) == {"sha256": 64, "git": 40, "arrays": 64}[kind] and int(digits, 16)
        assert (kind == "arrays") == bool(entry.source.conversion)
        assert entry.url.startswith("https://raw.githubusercontent.com/") and entry.url.endswith(name)
        assert entry.source.licence in ("MIT", "Apache-2.0")
    assert len({entry.checksum for entry in WEIGHTS.values()}) == len(WEIGHTS)
