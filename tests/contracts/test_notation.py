"""Backends with options, as they are written; trials as written are tested with the trials."""

from __future__ import annotations

import pytest

from toolkit.contracts.notation import parse_backend
from toolkit.core.errors import InvalidValue, UnknownName


def test_options_are_read_in_their_declared_type():
    assert parse_backend("onnxruntime:spinning=true") == ("onnxruntime", (("spinning", True),))


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("onnxruntme", UnknownName, "Did you mean 'onnxruntime'"),
        ("onnxruntime:spining=true", UnknownName, "option of backend onnxruntime must be one of"),
        (
            "onnxruntime:spinning=maybe",
            InvalidValue,
            "'spinning' of backend onnxruntime must be true or false",
        ),
        (
            "onnxruntime:spinning=true,spinning=false",
            InvalidValue,
            "'spinning' of backend onnxruntime must be given once; got 'spinning=true,spinning=false'",
        ),
        ("opencv:spinning=true", UnknownName, "option of backend opencv"),
        ("onnxruntime:spinning", InvalidValue, "key=value"),
    ],
)
def test_what_no_backend_has_is_one_sentence(text, kind, said):
    with pytest.raises(kind, match=said):
        parse_backend(text)
