"""The PDF, read back by another library."""

import warnings
from pathlib import Path

import pypdf
import pytest

from portal.foundation.errors import PortalError
from reports.document import ReportDocument
from reports.exports import as_pdf
from reports.packs.build import build
from reports.packs.quarters import Progress, Quarter
from tests.factories.reports import fact
from tests.reports.exports.hostile import hostile_document
from tests.reports.golden import small_document


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small document on paper; the typesetter takes seconds."""
    return as_pdf.write(small_document(), tmp_path_factory.mktemp("small"))[0]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return as_pdf.write(hostile_document(), tmp_path_factory.mktemp("hostile"))[0]


def text_of(document: ReportDocument, folder: Path) -> str:
    return text_in(as_pdf.write(document, folder)[0])


def text_in(paper: Path) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the reader's remarks about its own internals
        pages = pypdf.PdfReader(paper).pages
        return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_it_has_title_summary_figures_tables_definitions_and_page_numbers(small: Path) -> None:
    text = text_in(small)
    assert "Quarterly incident review" in text
    assert "1 January to 31 March 2016, UTC" in text
    assert "6 incidents were opened in the first quarter of 2016" in text
    assert "Incidents opened, by week and priority" in text
    assert "Moves from one known assignment group to a different one" in text
    assert "which is too long a list for this document" in text
    assert "2 / " in text


def test_it_is_tagged_titled_and_declared_accessible(small: Path) -> None:
    reader = pypdf.PdfReader(small)
    assert reader.metadata is not None
    assert reader.metadata.title == "Quarterly incident review, Q1 2016"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]  # type: ignore[index]
    assert reader.trailer["/Root"]["/Lang"] == "en-GB"  # type: ignore[index]
    assert b"pdfuaid:part" in small.read_bytes()


def test_the_same_document_gives_the_same_bytes(small: Path, tmp_path: Path) -> None:
    assert as_pdf.write(small_document(), tmp_path)[0].read_bytes() == small.read_bytes()


def test_hostile_texts_are_printed_and_never_obeyed(hostile: Path) -> None:
    text = text_in(hostile)
    assert '#read("/etc/passwd")' in text
    assert "root:" not in text
    assert "$\\frac{1}{0}$" in text
    assert [path.name for path in hostile.parent.iterdir()] == ["pack-2016Q1.pdf"]


def test_a_name_without_spaces_stays_in_its_column(tmp_path: Path) -> None:
    document = build(Quarter(2016, 1), [fact(service="W" * 120)] * 3, progress=Progress.OVER, last_event_at=None)
    text = text_of(document, tmp_path)
    assert "W" * 40 not in text
    assert text.replace("\u200b", "").replace(" ", "").count("W" * 120) >= 1


def test_a_long_table_is_cut_and_says_where_the_rest_is(hostile: Path) -> None:
    told = f"The first {as_pdf.MOST_ROWS} of 42 rows; the spreadsheet, the CSV files and the JSON have all of them."
    assert told in text_in(hostile)


def test_an_empty_pack_is_a_valid_document(tmp_path: Path) -> None:
    empty = build(Quarter(2017, 1), [], progress=Progress.OVER, last_event_at=None)
    assert "The pack is complete, and empty." in text_of(empty, tmp_path)


def test_a_typesetter_that_fails_is_one_sentence_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(as_pdf, "_PROJECT", tmp_path)
    with pytest.raises(PortalError, match=r"^The PDF could not be made: .*No module named 'reports'.* The other formats do not need this"):
        as_pdf.write(small_document(), tmp_path)
    assert not list(tmp_path.iterdir())
