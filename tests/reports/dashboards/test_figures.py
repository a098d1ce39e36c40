"""Figures as lines and charts: what stands for what, and how short it is said."""

import re

import pytest

from reports.dashboards.drawing import Column, columns, description
from reports.dashboards.figures import chosen_figures, compact, headline, lines_of
from reports.document import Kind


@pytest.mark.parametrize(
    ("value", "kind", "said"),
    [
        (None, Kind.INTEGER, ""), (0, Kind.INTEGER, "0"), (9_999, Kind.INTEGER, "9,999"), (12_345, Kind.INTEGER, "12.3k"),
        (123_000, Kind.INTEGER, "123k"), (1_234_567, Kind.INTEGER, "1.2m"), (0.263, Kind.NUMBER, "0.26"), (1.5, Kind.NUMBER, "1.5"),
        (0, Kind.DURATION, "0 s"), (45, Kind.DURATION, "45 s"), (4_800, Kind.DURATION, "1.3 h"), (90_000, Kind.DURATION, "1 d"),
        (99.96, Kind.PERCENT, "100 %"), (2.5, Kind.PERCENT, "2.5 %"),
    ],
)  # fmt: skip
def test_a_number_over_a_column_is_short(value: float | None, kind: Kind, said: str) -> None:
    assert compact(value, kind) == said


def test_a_figure_of_several_parts_is_headed_by_the_one_that_matters_most() -> None:
    times = {"count": 2, "mean": 3.0, "p50": 2.0, "p90": 4.0, "p95": 5.0}
    assert [line.part for line in lines_of("time_to_resolve_seconds", "seconds", times)] == ["p50", "p90", "p95", "mean", "count"]
    found = headline(lines_of("windows", "levels", {"met": 1, "missed": 2, "neither": 0, "share": 33.3}))
    assert found is not None
    assert (found.key, found.words, found.text) == ("windows.missed", "levels missed", "2")


def test_behind_a_share_of_what_came_back_stand_those_that_did() -> None:
    value = {"of": 10, "within_7_days": 1, "share_7_days": 10.0, "within_30_days": 4, "share_30_days": 40.0}
    lines = {line.part: (line.words, line.behind) for line in lines_of("recurrence_by_service", "incidents", value)}
    assert lines["share_30_days"] == ("back within 30 days, share", "recurrence_by_service.within_30_days")
    assert lines["within_7_days"] == ("back within 7 days", "recurrence_by_service.within_7_days")
    found = headline(lines_of("recurrence_by_service", "incidents", value))
    assert found is not None
    assert found.key == "recurrence_by_service.share_7_days"


def test_a_number_of_days_has_no_incidents_behind() -> None:
    value = {"days": 90, "per_day": 1.5, "per_week": 10.5, "busiest_day": "2026-01-05", "on_the_busiest_day": 7}
    lines = {line.part: line.behind for line in lines_of("frequency", "incidents", value)}
    assert lines == {
        "per_week": "frequency.per_week",
        "per_day": "frequency.per_day",
        "on_the_busiest_day": "frequency.on_the_busiest_day",
        "days": "",
    }


def test_a_figure_by_name_has_a_line_a_name_and_none_that_stands_for_all() -> None:
    lines = lines_of("incidents_by_priority", "incidents", {"P1": 2, "P2": 0, "unknown": 1})
    assert [(line.words, line.value, line.behind) for line in lines][:1] == [("P1", 2, "incidents_by_priority.P1")]
    assert headline(lines) is None


@pytest.mark.parametrize("value", [[], [{"service": "x", "opened": 1}], "text", {}])
def test_what_is_no_number_has_no_lines(value: object) -> None:
    assert lines_of("anything", "incidents", value) == []


def test_figures_are_shown_in_the_order_of_the_catalogue_whatever_was_asked() -> None:
    catalogue = [{"name": name, "unit": "", "title": name} for name in ("incidents_opened", "new_one", "escalations")]
    assert [each["name"] for each in chosen_figures(list(catalogue), [])] == ["incidents_opened", "escalations"]
    assert [each["name"] for each in chosen_figures(list(catalogue), ["new_one", "unheard_of"])] == ["new_one"]


def test_a_chart_begins_at_zero_and_says_every_value() -> None:
    given = [Column.of_quarter("2025Q4", 10), Column.of_quarter("2026Q1", 5, so_far=True), Column.of_quarter("2026Q2", None)]
    svg = columns("c", 'Opened <b>"', Kind.INTEGER, given)
    heights = [float(each) for each in re.findall(r'<rect [^>]*height="([0-9.]+)"', svg)]
    assert heights == [90.0, 45.0]
    assert description(Kind.INTEGER, given) == "2025 Q4: 10; 2026 Q1 so far: 5; 2026 Q2: –."
    assert "<b>" not in svg
    assert svg.count("db-so-far") == 1


def test_a_chart_by_week_says_from_when_each_week_runs() -> None:
    given = [Column("1 Jan", "from 1 January", 2), Column("5 <Jan>", "from 5 January", 0)]
    svg = columns("c", "Opened", Kind.INTEGER, given, "week")
    assert "Opened by week. from 1 January: 2; from 5 January: 0." in svg
    assert "<Jan>" not in svg


def test_a_chart_of_nothing_is_drawn_too() -> None:
    assert "<rect" not in columns("c", "None", Kind.INTEGER, [Column.of_quarter("2026Q1", 0), Column.of_quarter("2026Q2", None)])
    assert columns("c", "Empty", Kind.INTEGER, [])
