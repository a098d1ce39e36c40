"""The same content gives the same bytes, as RFC 8785 has them, and what has no sure form is refused."""

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from portal.foundation.canonical import LARGEST_SAFE_INTEGER, canonical_json, content_hash

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.text(st.characters(min_codepoint=1, max_codepoint=126), max_size=8)
LEAVES = st.none() | st.booleans() | st.integers(-LARGEST_SAFE_INTEGER, LARGEST_SAFE_INTEGER) | TEXT
CONTENT = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20)


@given(CONTENT)
def test_the_bytes_are_those_of_rfc_8785(content: object) -> None:
    assert canonical_json(content) == rfc8785.dumps(content)  # type: ignore[arg-type]


def test_the_order_of_keys_does_not_matter() -> None:
    assert content_hash({"a": 1, "b": [2, 3]}) == content_hash({"b": [2, 3], "a": 1})


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ({"share": 0.1}, r"\$\.share"),
        ({"n": 2**53}, r"\$\.n"),
        ({"ключ": 1}, "not ASCII"),
        (["ok", "\ud800"], r"\$\[1\]"),
        ({"when": object()}, "no canonical form"),
        ({1: "one"}, "not ASCII text"),
    ],
)
def test_what_libraries_disagree_on_is_refused_with_its_place(content: object, where: str) -> None:
    with pytest.raises(ValueError, match=where):
        canonical_json(content)
