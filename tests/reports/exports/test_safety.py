"""Text stays text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.exports.safety import isolated, never_a_formula, printable, storable


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "＋1", "－1", "＠1", "﹦1", "﹢1", "﹣1", "﹫1"]
)
def test_what_a_spreadsheet_would_calculate_gets_an_apostrophe(text: str) -> None:
    assert never_a_formula(text) == f"'{text}"


@pytest.mark.parametrize("unseen", ["\u00a0", "\u200b", "\ufeff", "\u202e", "\u2060", "\u00ad", "\u200f \u3000"])
def test_what_nobody_sees_before_a_formula_does_not_hide_it(unseen: str) -> None:
    assert never_a_formula(f"{unseen}=1") == f"'{unseen}=1"
    assert never_a_formula(f"{unseen}name") == f"{unseen}name"


@pytest.mark.parametrize("text", ["", "1+1", "a=1", "card-payments", "(1)", "'=1", "é", "2016-01-01"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert never_a_formula(text) == text


@given(st.text())
def test_nothing_comes_out_that_begins_like_a_formula_or_cannot_be_stored(text: str) -> None:
    safe = never_a_formula(text)
    assert not safe.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    safe.encode("utf-8")
    assert "\x00" not in safe


def test_control_characters_and_half_surrogates_are_replaced_and_seen() -> None:
    assert storable("a\x00b\x1bc\ud800d\te\nf") == "a�b�c�d\te\nf"


def test_on_paper_a_text_is_one_line_without_tricks_and_without_missing_glyphs() -> None:
    glyphs = frozenset(map(ord, "abc □"))
    assert printable("a\n\tb\u202ec🔥\ufeff", glyphs) == "a bc□"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Payments (5)", "Payments (5)"),
        ("עברית (5), Payments (3)", "\u2068עברית\u2069 (5), Payments (3)"),
        ("שלום עולם (1), مرحبا 2 بعد (2)", "\u2068שלום עולם\u2069 (1), \u2068مرحبا 2 بعد\u2069 (2)"),
    ],
)
def test_a_name_written_from_right_to_left_keeps_to_itself(text: str, told: str) -> None:
    assert isolated(text) == told
