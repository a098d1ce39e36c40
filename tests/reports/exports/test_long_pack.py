"""A pack of two hundred pages is set like one of eight: contents, page numbers, tags, and every name in its column."""

import re
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pypdf
import pytest

from reports.exports import as_pdf
from tests.reports.exports.long import EACH, UNITS, long_document

# Around a name that is written from right to left.
ISOLATED = re.compile("[\u2068\u2069]")
TITLES = tuple(f"What happened in Unit {place:02d}" for place in range(UNITS))


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> pypdf.PdfReader:
    with pytest.MonkeyPatch.context() as patient:
        patient.setattr(as_pdf, "LONGEST_SECONDS", 1_200)
        return pypdf.PdfReader(as_pdf.write(long_document(), tmp_path_factory.mktemp("long"))[0])


def text_on(paper: pypdf.PdfReader, number: int) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the reader's remarks about its own internals
        return " ".join(paper.pages[number - 1].extract_text().split())


def test_every_page_but_the_first_has_its_number(paper: pypdf.PdfReader) -> None:
    last = len(paper.pages)
    assert last >= 200
    assert "Page 1" not in text_on(paper, 1)
    for number in (2, 3, last // 2, last - 1, last):
        assert f"Page {number} of {last}" in text_on(paper, number)


def test_the_contents_name_the_page_on_which_a_chapter_begins(paper: pypdf.PdfReader) -> None:
    contents = " ".join(text_on(paper, number) for number in (2, 3))
    for title in TITLES[::8]:
        found = re.search(re.escape(title) + r".*?[ .]{4,}(\d+)", contents)
        assert found, title
        assert title in text_on(paper, int(found[1]))
        assert title not in text_on(paper, int(found[1]) - 1)


def test_every_chapter_can_be_jumped_to(paper: pypdf.PdfReader) -> None:
    titles = [ISOLATED.sub("", str(each.title)) for each in paper.outline if not isinstance(each, list)]
    assert [title for title in titles if title.startswith("What happened")] == [
        section.title for section in long_document().sections if section.title.startswith("What happened")
    ]


def test_every_table_figure_and_row_is_tagged(paper: pypdf.PdfReader) -> None:
    assert bool(paper.trailer["/Root"]["/MarkInfo"]["/Marked"])  # type: ignore[index]
    kinds = Counter(tags(paper.trailer["/Root"]["/StructTreeRoot"]))  # type: ignore[index]
    tables = [table for table in long_document().tables if table.on_paper and table.rows]
    assert kinds["/Table"] == len(tables)
    assert kinds["/TR"] >= UNITS * (EACH + 1)
    assert kinds["/TH"] == sum(len(table.columns) for table in tables)


def tags(root: Any) -> Iterator[str]:
    waiting = [root]
    while waiting:
        each = waiting.pop().get_object()
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, dict):
            if "/S" in each:
                yield str(each["/S"])
            waiting += [each["/K"]] if "/K" in each else []
