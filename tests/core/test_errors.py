import pytest

from toolkit.core import errors
from toolkit.core.errors import AtelierError, invalid, unknown

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, AtelierError)]


@pytest.mark.parametrize(
    ("kind", "builtin", "exit_code"),
    [
        ("UnknownName", LookupError, 2),
        ("InvalidValue", ValueError, 2),
        ("Unavailable", RuntimeError, 3),
        ("Unsupported", RuntimeError, 3),
        ("TrialFailed", RuntimeError, 4),
        ("NotFinite", RuntimeError, 4),
        ("EmptyPicture", RuntimeError, 4),
    ],
)
def test_each_error_is_a_builtin_too_and_has_its_exit_code(kind, builtin, exit_code):
    error = getattr(errors, kind)("said")
    assert isinstance(error, AtelierError) and isinstance(error, builtin)
    assert error.exit_code == exit_code
    assert str(error) == "said"


def test_the_tree_in_the_docstring_names_every_error():
    assert len(KINDS) == 8
    assert all(kind.__name__ in str(errors.__doc__) for kind in KINDS)


def test_a_lookup_error_prints_its_sentence_without_quotes():
    """``str(KeyError("x"))`` is ``"'x'"``: UnknownName is a LookupError for that reason."""
    assert str(unknown("operation", "zzz", ["b", "a"])) == "operation must be one of a, b; got 'zzz'."


def test_a_near_name_is_suggested():
    assert str(unknown("operation", "oil_paint", ["oil_painting", "edsr"])).endswith(
        "Did you mean 'oil_painting'?"
    )


def test_a_sentence_without_a_hint_ends_with_its_full_stop():
    assert (
        str(invalid("size", "oil_painting", "whole", 1.5)) == "'size' of oil_painting must be whole; got 1.5."
    )


@pytest.mark.parametrize("got", ["x" * 10_000, list(range(5000)), "a\nb"], ids=["text", "list", "lines"])
def test_what_was_given_stays_short_and_on_one_line(got):
    sentence = str(invalid("size", "oil_painting", "whole", got))
    assert len(sentence) < 300
    assert "\n" not in sentence
