"""The PDF, read back by another library."""

import re
import warnings
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pypdf
import pytest

from portal.foundation.errors import PortalError
from reports.document import ReportDocument, Section
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
    assert "Page 2 of 8" in text
    assert "Figure 1. Incidents opened, by week and priority" in text
    assert "Table 1. The quarter, counted" in text


def test_the_contents_name_the_page_of_every_chapter_figure_and_table(small: Path) -> None:
    pages = pypdf.PdfReader(small).pages
    contents = " ".join(pages[1].extract_text().split())
    for title in ("Volume", "Figure 2 Time to acknowledge, by priority", "Table 5 Incidents, by service"):
        number = int(re.search(re.escape(title) + r"[ .]*(\d+)", contents)[1])  # type: ignore[index]
        assert title.split(" ", 2)[-1] in pages[number - 1].extract_text()


SCRIPTS = (
    "مرحبا بالعالم", "שלום עולם", "漢字かな", "한국어", "हिन्दी", "বাংলা", "தமிழ்", "ไทย", "ភាសាខ្មែរ", "አማርኛ", "ქართული", "Հայերեն",
    "Ελληνικά", "Кириллица", "Tiếng Việt", "🔥👩‍👩‍👧‍👦🇪🇸", "∑ → ✓ ⚠",
)  # fmt: skip


def test_names_in_any_script_and_emoji_are_set_in_tables_and_charts(tmp_path: Path) -> None:
    facts = [fact(service=name) for name in SCRIPTS]
    paper = as_pdf.write(build(Quarter(2016, 1), facts, progress=Progress.OVER, last_event_at=None), tmp_path)[0]
    text = text_in(paper)
    assert "\N{WHITE SQUARE}" not in text
    for name in ("漢字かな", "한국어", "Ελληνικά", "Кириллица", "Tiếng Việt", "✓"):
        assert name in text
    fonts = {str(font["/BaseFont"]) for page in pypdf.PdfReader(paper).pages for font in fonts_of(page)}
    assert {"Hebrew", "Arabic", "CJK", "Devanagari", "Thai", "Emoji"} <= {word for word in KNOWN if any(word in font for font in fonts)}


KNOWN = ("Hebrew", "Arabic", "CJK", "Devanagari", "Thai", "Emoji")


def fonts_of(page: pypdf.PageObject) -> list[Any]:
    return [font.get_object() for font in page["/Resources"].get("/Font", {}).values()]  # type: ignore[attr-defined]


def test_characters_that_no_font_has_together_are_replaced_and_stop_nothing(tmp_path: Path) -> None:
    odd = "漢\u0651 \U0010fffd x"
    text = text_of(build(Quarter(2016, 1), [fact(service=odd)], progress=Progress.OVER, last_event_at=None), tmp_path)
    assert "\N{WHITE SQUARE}" in text


def test_every_table_and_figure_is_tagged_and_every_figure_has_its_words(small: Path) -> None:
    kinds = [str(each.get("/S")) for each in structure(small)]
    assert kinds.count("/Table") == 6
    assert {"/H1", "/TH", "/TD", "/Caption", "/TOC"} <= set(kinds)
    figures = [each for each in structure(small) if each.get("/S") == "/Figure"]
    assert len(figures) >= 5
    assert all(each.get("/Alt") for each in figures)


def structure(paper: Path) -> list[Any]:
    """Every element of the tree that says what is what."""
    found: list[Any] = []
    waiting = [pypdf.PdfReader(paper).trailer["/Root"]["/StructTreeRoot"]]  # type: ignore[index]
    while waiting:
        node = waiting.pop().get_object()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            found += [node] if "/S" in node else []
            waiting += [node["/K"]] if "/K" in node else []
    return found


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


def test_a_digest_and_a_command_are_copied_as_they_stand(tmp_path: Path) -> None:
    digest, command = (
        "0123456789abcdef" * 4,
        "unzip -p pack-2016Q1-unit-3-payments-evidence.zip attached/pack-2016Q1-figures.jsonl | sha256sum",
    )
    document = replace(
        build(Quarter(2016, 1), [fact()], progress=Progress.OVER, last_event_at=None),
        facts=(("SHA-256 of the figures", digest),),
        sections=(
            Section("check", "How to check", (f"Everybody signed {digest}; so it stands.",)),
            Section("by_hand", "", ("Type:",), code=(digest, command)),
        ),
    )
    text = text_of(document, tmp_path)
    assert text.count(digest) == 3
    assert command in text


def tagged(node: Any) -> list[Any]:
    """The elements of the structure below `node`, in the order in which they are read out."""
    node = node.get_object()
    if not isinstance(node, pypdf.generic.DictionaryObject):
        return []
    below = node.get("/K", [])
    below = below.get_object() if hasattr(below, "get_object") else below
    found = [node] if "/S" in node else []
    for each in below if isinstance(below, list) else [below]:
        if hasattr(each, "get_object"):
            found += tagged(each)
    return found


def test_read_out_the_headings_are_in_order_and_figures_and_tables_have_their_words(small: Path) -> None:
    reader = pypdf.PdfReader(small)
    root: Any = reader.trailer["/Root"]
    elements = tagged(root["/StructTreeRoot"])
    levels = [int(each["/S"][2:]) for each in elements if re.fullmatch(r"/H\d", each["/S"])]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    figures = [each for each in elements if each["/S"] == "/Figure"]
    assert len(figures) >= 5
    assert all(len(str(each.get("/Alt", ""))) > 20 for each in figures)
    tables = [each for each in elements if each["/S"] == "/Table"]
    assert len(tables) >= 5
    for table in tables:
        heads = [each for each in tagged(table) if each["/S"] == "/TH"]
        assert heads
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
