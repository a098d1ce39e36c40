"""The text that a document is frozen as."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.document import (
    Column,
    Definition,
    Figure,
    FigureKind,
    Kind,
    ReportDocument,
    Section,
    Series,
    Table,
)  # fmt: skip
from reports.packs.frozen_form import NotAForm, document_of_lines, lines_of
from tests.reports.exports.hostile import hostile_document
from tests.reports.golden import small_document

# Lone surrogates, too: imported texts may hold them.
TEXT = st.text(st.characters(), max_size=12)
NUMBER = st.none() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
CELL = NUMBER | st.booleans() | TEXT | st.datetimes(timezones=st.just(UTC))
JSON: Any = st.recursive(
    NUMBER | st.booleans() | TEXT, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=5
)
COLUMNS = st.lists(st.builds(Column, TEXT, TEXT, st.sampled_from(Kind)), max_size=3).map(tuple)
TABLES = COLUMNS.flatmap(
    lambda columns: st.builds(
        Table,
        TEXT,
        TEXT,
        TEXT,
        st.just(columns),
        st.lists(st.tuples(*[CELL] * len(columns)), max_size=3).map(tuple),
        st.booleans(),
        st.booleans(),
    )
)


def several(of: Any) -> Any:
    return st.lists(of, max_size=2).map(tuple)


SERIES = st.builds(Series, TEXT, several(st.none() | st.floats(allow_nan=False, allow_infinity=False)), TEXT)
FIGURES = st.builds(
    Figure, TEXT, st.sampled_from(FigureKind), TEXT, TEXT, TEXT, TEXT, several(TEXT), several(SERIES), st.sampled_from(Kind), TEXT
)
SECTIONS = st.builds(Section, TEXT, TEXT, several(TEXT), several(FIGURES), several(TABLES), several(TEXT))
PAIRS = several(st.tuples(TEXT, TEXT))
DOCUMENTS = st.builds(
    ReportDocument, TEXT, TEXT, TEXT, PAIRS, PAIRS, several(TEXT), several(SECTIONS), several(st.builds(Definition, TEXT, TEXT, TEXT, TEXT)),
    several(TEXT), st.dictionaries(TEXT, JSON, max_size=3),
)  # fmt: skip


@given(DOCUMENTS)
def test_every_document_comes_back_as_it_was(document: ReportDocument) -> None:
    lines = list(lines_of(document))
    back = document_of_lines(lines)
    assert back == document
    assert list(lines_of(back)) == lines


@pytest.mark.parametrize("make", [small_document, hostile_document])
def test_real_documents_come_back_with_rows_as_tuples(make: Any) -> None:
    document = make()
    listed = [replace(each, tables=tuple(replace(table, rows=tuple(table.rows)) for table in each.tables)) for each in document.sections]
    assert document_of_lines(lines_of(document)) == replace(document, sections=tuple(listed))


def test_a_time_is_written_in_utc_wherever_it_was_told() -> None:
    there = datetime(2016, 3, 1, 10, tzinfo=timezone(timedelta(hours=2)))
    table = Table("t", "T", "", (Column("at", "At", Kind.DATETIME),), ((there,),))
    document = replace(small_document(), sections=(Section("s", "S", tables=(table,)),))
    assert list(lines_of(document))[-1] == b'[{"at":"2016-03-01T08:00:00+00:00"}]\n'


@pytest.mark.parametrize("cell", [float("nan"), float("inf"), object(), b"bytes"])
def test_what_has_no_form_is_refused(cell: Any) -> None:
    table = Table("t", "T", "", (Column("x", "X"),), ((cell,),))
    with pytest.raises((TypeError, ValueError)):
        list(lines_of(replace(small_document(), sections=(Section("s", "S", tables=(table,)),))))


def test_lines_that_are_cut_or_go_on_or_are_of_another_form_are_refused() -> None:
    lines = list(lines_of(small_document()))
    for broken in (
        [],
        lines[:-1],
        [*lines, lines[-1]],
        [b"{}\n"],
        [lines[0].replace(b'"form":1', b'"form":9'), *lines[1:]],
        [b"x", *lines],
    ):
        with pytest.raises(NotAForm):
            document_of_lines(broken)
