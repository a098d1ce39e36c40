"""What the page of figures shows, worked out from prepared rows: tables, charts and their words. Asks no database."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from reports.dashboards import drawing
from reports.dashboards.figures import AGAIN, BY_WEEK, ESCALATIONS, PARTS, RETURNED, Line, chosen_figures, headline, lines_of
from reports.dashboards.selection import Dimension, Selection
from reports.document import duration_in_words, number_in_words
from reports.packs.quarters import Progress, Quarter

PAGE, BEHIND = "admin:reports_figures_changelist", "admin:reports_figures_behind"
Entry = Mapping[str, str]
Row = dict[str, Any]
# As many charts as somebody looks at; every figure stands in the table.
MOST_CHARTS = 14
MOST_PARTS = 50
CROSSING = (Dimension.TEAM.value, Dimension.SEVERITY.value)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page of figures is of. `figures` empty: what is shown first. `by`: the dimension whose parts stand beside each other."""

    quarter: Quarter
    selection: Selection
    figures: tuple[str, ...] = ()
    by: str = ""
    dashboard: int = 0

    def address(self, **other: Any) -> str:
        """This page, but for `other`."""
        given = {"quarter": self.quarter, "of": self.selection, "by": self.by, "dashboard": self.dashboard or "", **other}
        figures = [("figure", name) for name in self.figures] if not given["dashboard"] else []
        return f"{reverse(PAGE)}?{urlencode([*((name, str(value)) for name, value in given.items() if str(value)), *figures])}"


def behind_address(line: Line, quarter: Quarter, selection: Selection, level: str = "") -> str:
    """The incidents behind a line; '' where there are none."""
    if not line.behind or not line.value:
        return ""
    given = {"quarter": quarter, "of": selection, "figure": line.behind, "level": level}
    return f"{reverse(BEHIND)}?{urlencode({name: str(value) for name, value in given.items() if str(value)})}"


def choices(
    selection: Selection, parts: Mapping[str, Sequence[tuple[Selection, str]]], name_of: Callable[[Selection], str], *, everything: bool
) -> list[Row]:
    """What can be chosen to see figures of: a place, and for those who see all a group and a severity within it."""
    places = [
        (Dimension(each).label, _options(parts.get(each, ()))) for each in (Dimension.UNIT.value, Dimension.SERVICE.value) if each in parts
    ]
    place = ",".join(f"{dimension}:{part}" for dimension, part in selection.conditions if dimension not in CROSSING)
    known = {value for _, options in places for value, _ in options}
    if place and place not in known:
        places.append(("Shown now", [(place, name_of(Selection.parse(place)) or "no such part")]))
    rows = [
        {"key": "of", "words": "Figures of", "none": "The whole organisation" if everything else "", "chosen": place, "options": places}
    ]
    for dimension, words, none in ((Dimension.TEAM.value, "Group", "Any group"), (Dimension.SEVERITY.value, "Severity", "Any severity")):
        options = _options(parts.get(dimension, ()))
        if everything and (options or selection.of(dimension)):
            chosen = selection.of(dimension)
            options += [] if not chosen or chosen in dict(options) else [(chosen, name_of(Selection.parse(chosen)) or "no such part")]
            rows.append({"key": dimension, "words": words, "none": none, "chosen": chosen, "options": [("", options)]})
    return rows


def _options(named: Iterable[tuple[Selection, str]]) -> list[tuple[str, str]]:
    return [(str(selection), name) for selection, name in named]


def figure_rows(entries: Iterable[Entry], asked: Asked, now: Mapping[str, Any], before: Mapping[str, Any]) -> list[Row]:
    """A group of rows a figure: each line with its number, and what it was the quarter before."""
    rows = []
    for entry in entries:
        name, unit = entry["name"], entry["unit"]
        if name == BY_WEEK:
            continue
        earlier = {line.key: line for line in lines_of(name, unit, before[name])} if name in before else {}
        lines = lines_of(name, unit, now[name]) if name in now else [replace(line, value=None) for line in earlier.values()]
        shown = [
            {
                "words": line.words,
                "text": line.text,
                "url": behind_address(line, asked.quarter, asked.selection),
                "before": earlier[line.key].text if line.key in earlier else "–",
                "before_url": behind_address(earlier[line.key], asked.quarter.previous, asked.selection) if line.key in earlier else "",
            }
            for line in lines
        ]
        if shown:
            rows.append({"title": entry["title"], "definition": entry["definition"], "lines": shown})
    return rows


def trends(entries: Iterable[Entry], asked: Asked, quarters: Sequence[Quarter], by_quarter: Mapping[str, Any], progress: Any) -> list[Row]:
    """A row a figure that has a headline: its cells over the quarters, and its chart."""
    rows: list[Row] = []
    for entry in entries:
        found = {str(quarter): _headline(entry, by_quarter.get(str(quarter), {}).get("figures", {})) for quarter in quarters}
        known = next((line for line in found.values() if line is not None), None)
        if known is None:
            continue
        title = _titled(entry, known)
        columns = [_column(quarter, found[str(quarter)], progress) for quarter in quarters]
        cells = [_cell(found[str(quarter)], quarter, asked.selection) for quarter in quarters]
        drawn = any(column.value for column in columns) and len([row for row in rows if row["chart"]]) < MOST_CHARTS
        # Every text in it is escaped where it is drawn.
        chart: SafeString | str = mark_safe(drawing.columns(f"c-{entry['name']}", title, known.kind, columns)) if drawn else ""  # noqa: S308
        rows.append({"title": title, "cells": cells, "chart": chart})
    return rows


def weeks_of(entries: Iterable[Entry], asked: Asked, figures: Mapping[str, Any]) -> Row:
    """The quarter week by week, where that was chosen: its chart, and a row a week."""
    entry = next((entry for entry in entries if entry["name"] == BY_WEEK), None)
    if entry is None or not any(figures.get(BY_WEEK, {}).values()):
        return {}
    lines = lines_of(BY_WEEK, entry["unit"], figures[BY_WEEK])
    days = [date.fromisoformat(line.part) for line in lines]
    # Fourteen stand beside each other: the month is named where it begins.
    names = [f"{day.day} {day:%b}" if _begins_a_month(days, place) else str(day.day) for place, day in enumerate(days)]
    columns = [drawing.Column(name, f"from {day.day} {day:%B}", line.value) for name, day, line in zip(names, days, lines, strict=True)]
    chart = mark_safe(drawing.columns("c-weeks", "Incidents opened", lines[0].kind, columns, "week"))  # noqa: S308 - as above
    rows = [
        {"name": f"{day.day} {day:%B %Y}", "cell": _cell(line, asked.quarter, asked.selection)}
        for line, day in zip(lines, days, strict=True)
    ]
    return {"chart": chart, "rows": rows, "definition": entry["definition"]}


def _begins_a_month(days: Sequence[date], place: int) -> bool:
    return place == 0 or days[place].month != days[place - 1].month


def again_tables(entries: Iterable[Entry], asked: Asked, again: Mapping[str, Any], names: Mapping[str, Mapping[int, str]]) -> list[Row]:
    """Frequency and recurrence service by service and component by component, where these figures were chosen."""
    chosen = {entry["name"] for entry in entries}
    return [
        {
            "of": of,
            "rows": [_again_row(of, row, asked, names[of].get(row["key"], "–")) for row in again[of]["rows"]],
            "more": again[of]["parts"] - len(again[of]["rows"]),
        }
        for of in RETURNED
        if AGAIN[of] in chosen and again.get(of, {}).get("rows")
    ]


def _again_row(of: str, row: Mapping[str, Any], asked: Asked, name: str) -> Row:
    # A service is of one unit, so what is of both is what is of the service.
    selection = Selection(of, str(row["key"])) if of == "service" else asked.selection.within(of, str(row["key"]))
    rate = lines_of("frequency", "incidents", {"per_week": row["per_week"]})
    lines = {line.part: line for line in (*lines_of(AGAIN[of], "incidents", row), *rate)}
    cells = [_cell(lines[part], asked.quarter, selection) for part in AGAIN_PARTS]
    return {"name": name, "url": asked.address(of=selection, by="", dashboard=""), "cells": cells}


AGAIN_PARTS = (
    "of", "per_week", "within_7_days", "share_7_days", "within_30_days", "share_30_days", "within_90_days", "share_90_days",
)  # fmt: skip


def level_rows(entries: Iterable[Entry], asked: Asked, levels: Mapping[str, Any]) -> Row:
    """The escalations' figures by level: a column a level, a row a line that has a headline."""
    names = sorted(levels, key=int)
    rows = []
    for entry in entries:
        if entry["group"] != ESCALATIONS:
            continue
        found = [_headline(entry, levels[name]) for name in names]
        known = next((line for line in found if line is not None), None)
        # What is of whole runs and not of a level is the same in each column and says nothing there.
        if known is None or known.name in OF_WHOLE_RUNS:
            continue
        cells = [_cell(line, asked.quarter, asked.selection, name) for line, name in zip(found, names, strict=True)]
        rows.append({"title": _titled(entry, known), "cells": cells})
    return {"names": names, "rows": rows}


OF_WHOLE_RUNS = frozenset({"runs", "exhausted_runs", "late_steps", "premature", "escalation_density"})


def part_rows(entries: Sequence[Entry], asked: Asked, parts: Iterable[tuple[Selection, str, Mapping[str, Any]]]) -> Row:
    """The parts of a dimension beside each other, the busiest first."""
    found = sorted(parts, key=lambda each: (-each[2]["figures"].get("incidents_opened", 0), each[1]))
    compared = [entry for entry in entries if any(_headline(entry, figures["figures"]) for _, _, figures in found)]
    rows = [
        {
            "name": name,
            "url": asked.address(of=selection, by="", dashboard=""),
            "cells": [_cell(_headline(entry, figures["figures"]), asked.quarter, selection) for entry in compared],
        }
        for selection, name, figures in found[:MOST_PARTS]
    ]
    titles = []
    for entry in compared:
        line = next(line for _, _, figures in found if (line := _headline(entry, figures["figures"])) is not None)
        titles.append(_titled(entry, line))
    return {"titles": titles, "rows": rows, "more": max(len(found) - MOST_PARTS, 0)}


def waited_in_words(figures: Mapping[str, Any]) -> str:
    """The bottleneck in a sentence; '' when nobody waited."""
    level = figures.get("bottleneck") or {}
    if not level.get("name"):
        return ""
    said = (
        f"Most was waited for {level['name']}: {duration_in_words(level['seconds'])}, {number_in_words(level['share'])} % of all the time"
    )
    said += " between an alert and its acknowledgement"
    most = figures.get("bottlenecks") or {}
    others = [
        f"among {words} for {most[key]['name']} ({number_in_words(most[key]['share'])} %)"
        for key, words in (("service", "services"), ("team", "groups"))
        if key in most
    ]
    return f"{said}; {' and '.join(others)}." if others else f"{said}."


def first_line(quarter: Quarter, progress: Progress, name: str, figures: Mapping[str, Any], *, prepared: bool = True) -> str:
    """What the page is of, and its first two figures. Nothing is known before anything was `prepared`."""
    of = f"{str(quarter)[4:]} {quarter.year}{' so far' if progress is Progress.RUNNING else ''}, {in_a_sentence(name)}"
    if not figures:
        return f"{of}: {'no incident was opened' if prepared else 'not known yet'}."
    said = [f"{number_in_words(figures.get('incidents_opened', 0))} opened"]
    said += [f"{number_in_words(figures['escalations'])} escalations to a higher level"] if figures.get("escalations") else []
    said += [f"{number_in_words(figures['unresolved'])} not resolved"] if figures.get("unresolved") else []
    return f"{of}: {', '.join(said)}."


WHOLE = "The whole organisation"


def in_a_sentence(name: str) -> str:
    """Names stay as they are."""
    return "the whole organisation" if name == WHOLE else name


def grouped(entries: Sequence[Entry], names: Sequence[str]) -> list[tuple[str, list[Row]]]:
    """Every figure there is to be ticked, by group."""
    chosen = {entry["name"] for entry in chosen_figures(list(entries), list(names))}
    groups: dict[str, list[Row]] = {}
    for entry in entries:
        groups.setdefault(entry["group"], []).append({**entry, "chosen": entry["name"] in chosen})
    return list(groups.items())


def _headline(entry: Entry, figures: Mapping[str, Any]) -> Line | None:
    return headline(lines_of(entry["name"], entry["unit"], figures[entry["name"]])) if entry["name"] in figures else None


def _titled(entry: Entry, line: Line) -> str:
    return f"{entry['title']}, {line.words}" if line.part and line.words != entry["unit"] else entry["title"]


def _cell(line: Line | None, quarter: Quarter, selection: Selection, level: str = "") -> Row:
    return {"text": "–", "url": ""} if line is None else {"text": line.text, "url": behind_address(line, quarter, selection, level)}


def _column(quarter: Quarter, line: Line | None, progress: Any) -> drawing.Column:
    return drawing.Column.of_quarter(str(quarter), line.value if line else None, so_far=progress(quarter) is Progress.RUNNING)


def week_words(monday: str) -> str:
    """'from 5 January 2026'; what names no day as it is."""
    try:
        day = date.fromisoformat(monday)
    except ValueError:
        return monday
    return f"from {day.day} {day:%B %Y}"


def part_words(part: str) -> str:
    """What a part of a figure is called in a title: 'missed', or the name it goes by; nothing for what is simply counted."""
    said = PARTS[part][0] if part in PARTS else part
    return "" if part in ("", "count") else said
