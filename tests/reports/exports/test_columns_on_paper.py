"""Columns of a table share a page so that no word reaches into its neighbour: held against the widths of the font itself."""

from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.ft2font import FT2Font, LoadFlags

from reports.exports import fonts
from reports.exports.columns_on_paper import FEW_ROWS, PAGE, SIZES, Texts, laid_out, least, turned

WIDE = (
    "Track", "Begun", "To a higher level", "Median to escalate", "Median to acknowledge", "With the unanswered", "Premature",
    "Woken for nothing", "Windows met", "Windows missed", "Met", "Late steps", "Levels at which nobody was alerted", "Nobody reached",
)  # fmt: skip


def table(headings: tuple[str, ...], rows: int, first: str = "Legal and compliance", other: str = "100.0 %") -> Texts:
    cells = (first, *(other for _ in headings[1:]))
    return Texts(headings, (False, *(True for _ in headings[1:])), (cells,) * rows)


def set_width(text: str, size: float) -> float:
    """How wide the font itself sets `text`, in points."""
    font = FT2Font(str(fonts.FILES[0]))
    font.set_size(size, 72)
    font.set_text(text, flags=LoadFlags.NO_HINTING)
    return float(font.get_width_height()[0]) / 64


@pytest.mark.parametrize("word", ["acknowledge", "unanswered", "Premature", "escalate", "opening", "(UTC)", "SUMMARY", "mmm", "2,220"])
def test_a_word_needs_no_more_than_is_reckoned(word: str) -> None:
    # The font's file holds its regular weight; bold is a tenth wider at most.
    [needed] = least(Texts((word,), (False,), ()), 10.0, 0.0)
    assert set_width(word, 10.0) <= needed


@pytest.mark.parametrize("rows", [1, 3, 24])
@pytest.mark.parametrize("columns", [2, 9, 11])
def test_every_word_has_room_in_its_column_and_the_page_is_full(columns: int, rows: int) -> None:
    laid = laid_out(table(WIDE[:columns], rows, first="Network"))
    assert sum(laid.widths) == pytest.approx(PAGE, abs=0.2)
    for needed, width in zip(least(laid.texts, laid.size, laid.inset), laid.widths, strict=True):
        assert needed <= width + 0.01


def test_a_table_too_wide_for_any_size_is_turned_when_its_rows_are_few() -> None:
    given_table = table(WIDE, 3)
    laid = laid_out(given_table)
    assert laid.texts == turned(given_table)
    assert laid.texts.headings == ("Track", *(["Legal and compliance"] * 3))
    assert laid.texts.rows[0] == ("Begun", "100.0 %", "100.0 %", "100.0 %")
    assert laid.size == SIZES[0][0]


def test_one_with_many_rows_stays_as_it_is_in_the_smallest_size() -> None:
    laid = laid_out(table(WIDE, FEW_ROWS + 1))
    assert (laid.size, laid.texts.headings) == (SIZES[-1][0], WIDE)


def test_long_texts_get_the_room_that_numbers_leave() -> None:
    rows = (("INC1", "It moved four times between groups, and came back twice.", "12"),)
    laid = laid_out(Texts(("Incident", "What happened", "Times"), (False, False, True), rows))
    assert laid.widths[1] > sum(laid.widths) / 2


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=40), st.booleans(), st.text(max_size=60)), min_size=1, max_size=40), st.integers(0, 8))
def test_whatever_the_words_are_the_columns_fill_the_page_and_none_vanishes(columns: list[tuple[str, bool, str]], rows: int) -> None:
    headings, numbers, cells = zip(*columns, strict=True)
    laid = laid_out(Texts(headings, numbers, (cells,) * rows))
    assert all(width > 0 for width in laid.widths)
    assert list(accumulate(laid.widths))[-1] == pytest.approx(PAGE, abs=1)
    assert all(len(row) == len(laid.widths) for row in laid.texts.rows)
