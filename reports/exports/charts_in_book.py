"""Charts of a workbook: its own kind, drawn by the reader's program from a sheet of plain numbers beside them."""

from typing import Any

from reports.document import Figure, FigureKind, Kind, ReportDocument

from .palette import TONES
from .safety import never_a_formula, storable
from .sheet_rows import text_of

SHEET, DATA = "Charts", "Chart data"
_TYPES: dict[FigureKind, dict[str, str]] = {
    FigureKind.COLUMNS: {"type": "column"},
    FigureKind.SMALL_MULTIPLES: {"type": "column", "subtype": "stacked"},
    FigureKind.BARS: {"type": "bar"},
    FigureKind.RANGES: {"type": "bar"},
}
# Pixels, and the rows of a sheet that so many of them cover.
_WIDTH, _ROW = 900, 20


def write(book: Any, styles: dict[Any, Any], document: ReportDocument) -> None:
    """A sheet with the charts of `document` and one with their numbers; none where there is nothing to draw."""
    figures = [figure for section in document.sections for figure in section.figures if figure.categories and figure.series]
    if not figures:
        return
    charts, data = book.add_worksheet(SHEET), book.add_worksheet(DATA)
    charts.hide_gridlines(2)
    charts.fit_to_pages(1, 0)
    data.set_column(0, 0, 40)
    first = place = 0
    for figure in figures:
        _write_numbers(data, styles, figure, first)
        height = _height(figure)
        options = {"description": storable(f"{figure.title}. {figure.description}")[:255], "object_position": 3}
        charts.insert_chart(place, 0, _chart(book, figure, first, height), options)
        first += len(figure.categories) + 3
        place += height // _ROW + 2


def _write_numbers(sheet: Any, styles: dict[Any, Any], figure: Figure, first: int) -> None:
    """Title, heading, a row a category. In the order of rows, as the library's small memory asks."""
    sheet.write_string(first, 0, text_of(figure.title), styles["name"])
    sheet.write_string(first + 1, 0, text_of(figure.category_label), styles["left"])
    for column, series in enumerate(figure.series, start=1):
        sheet.write_string(first + 1, column, text_of(series.name), styles["right"])
    for row, category in enumerate(figure.categories):
        sheet.write_string(first + 2 + row, 0, text_of(category[:255]), styles[Kind.TEXT])
        for column, series in enumerate(figure.series, start=1):
            if (value := series.values[row]) is not None:
                sheet.write_number(first + 2 + row, column, _shown(value, figure), styles[_kind(figure)])


def _chart(book: Any, figure: Figure, first: int, height: int) -> Any:
    chart = book.add_chart(_TYPES[figure.kind])
    last = first + 1 + len(figure.categories)
    for column, series in enumerate(figure.series, start=1):
        chart.add_series(
            {
                "name": [DATA, first + 1, column],
                "categories": [DATA, first + 2, 0, last, 0],
                "values": [DATA, first + 2, column, last, column],
                "fill": {"color": TONES[series.tone]},
                "gap": 60,
            }
        )
    unit = "hours" if figure.value_kind is Kind.DURATION else figure.value_label
    sideways = figure.kind in (FigureKind.BARS, FigureKind.RANGES)
    chart.set_title({"name": never_a_formula(storable(figure.title)), "name_font": {"size": 12}, "overlay": False})
    lines = {"visible": True, "line": {"color": "#d1d5db"}}
    values = {"name": never_a_formula(storable(unit)), "min": 0, "major_gridlines": lines}
    if sideways:
        # The library calls what lies below a chart x, whatever stands there. Reversed, the first name stands at the top.
        chart.set_x_axis(values)
        chart.set_y_axis({"reverse": True, "major_gridlines": {"visible": False}})
    else:
        chart.set_x_axis({"name": never_a_formula(storable(figure.category_label))})
        chart.set_y_axis(values)
    chart.set_legend({"none": True} if len(figure.series) == 1 else {"position": "bottom"})
    chart.set_size({"width": _WIDTH, "height": height})
    return chart


def _height(figure: Figure) -> int:
    return 120 + 28 * len(figure.categories) * (len(figure.series) if figure.kind is FigureKind.RANGES else 1) if figure.kind in (
        FigureKind.BARS, FigureKind.RANGES,
    ) else 320  # fmt: skip


def _kind(figure: Figure) -> Kind:
    return Kind.NUMBER if figure.value_kind is Kind.DURATION else figure.value_kind


def _shown(value: float, figure: Figure) -> float:
    """Durations in hours: an axis in seconds says nothing to anybody."""
    return round(value / 3_600, 3) if figure.value_kind is Kind.DURATION else value
