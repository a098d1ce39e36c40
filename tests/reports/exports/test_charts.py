"""Charts as SVG."""

from xml.etree import ElementTree

import pytest

from reports.document import Figure, FigureKind, Series
from reports.exports.charts import draw, is_empty
from tests.reports.golden import small_document

FIGURES = [figure for section in small_document().sections for figure in section.figures]
# The pack replaces what the font cannot show before it draws.
pytestmark = pytest.mark.filterwarnings("ignore:Glyph:UserWarning")
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.key)
def test_a_chart_says_what_it_shows_and_is_the_same_each_time(figure: Figure) -> None:
    svg = draw(figure)
    root = ElementTree.fromstring(svg)  # noqa: S314 (our own drawing)
    assert root.attrib["role"] == "img"
    assert root.findtext(f"{SVG}title") == figure.title
    assert root.findtext(f"{SVG}desc") == figure.description
    assert "<script" not in svg
    assert draw(figure) == svg


def test_names_are_drawn_as_text_and_never_as_formulas() -> None:
    names = ("$\\frac{1}{0}$", "<script>alert(1)</script>", "a" * 500, "🔥 ]]> &amp;")
    figure = Figure("x", FigureKind.BARS, "<b>&", "]]>.", "", "", names, (Series("Opened", (1, 2, 3, 4)),))
    assert ElementTree.fromstring(draw(figure)).findtext(f"{SVG}title") == "<b>&"  # noqa: S314


@pytest.mark.parametrize(("values", "empty"), [((), True), ((0, None), True), ((0, 1), False)])
def test_a_chart_without_values_is_empty(values: tuple[float | None, ...], empty: bool) -> None:
    categories = tuple("ab"[: len(values)])
    assert is_empty(Figure("x", FigureKind.BARS, "X", "X.", "", "", categories, (Series("Opened", values),))) is empty
