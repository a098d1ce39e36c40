"""Every figure of a set of incidents, by the definitions of the quarterly pack. Pure.

Whatever stands in METRICS, COVERAGE and MEASURES is measured, so a figure that is new there is new here.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from reports.metrics import definitions
from reports.metrics import escalation_definitions as escalated
from reports.metrics import resolution_definitions as resolution
from reports.metrics.definitions import definition_of
from reports.metrics.incidents import COLUMNS, Incidents
from reports.metrics.levels import Truth, Whole
from reports.packs.quarters import Quarter, weeks_of

from . import returning
from .columns import Facts, form_of_columns, microseconds
from .figures import AGAIN, ESCALATIONS, INCIDENTS, LEFT_OUT, RETURNED

# The busiest of these stand in a table of their own.
MOST_NAMED = 20


def figures_of(given: Facts, quarter: Quarter, again_by: Sequence[str] = ()) -> dict[str, Any]:
    """Figure by name, for JSON; `levels` the escalations' by level, `waited` the seconds between alerts and their answers, `again` frequency and
    recurrence for each of `again_by`, services or components; `cut_off` the moment up to which `given` is known, in microseconds."""
    whole = given.escalations
    levels = {str(level): whole.of_visits(whole.visits.level == level) for level in np.unique(whole.visits.level).tolist()}
    return {
        "figures": {
            **definitions.measured(definitions.METRICS, given.facts),
            **definitions.measured(definitions.COVERAGE, given.facts),
            **_of_incidents(given, quarter),
            **_measured(whole),
        },
        "levels": {level: escalated.of_a_level(part) for level, part in levels.items()},
        "bottleneck": escalated.bottleneck({f"level {level}": part for level, part in levels.items()}),
        "waited": escalated.bottleneck({"": whole})["seconds"],
        "again": {of: _again(given, of, quarter) for of in again_by},
        "cut_off": whole.known_until,
    }


def incidents_by_week(opened: Whole, quarter: Quarter) -> dict[str, int]:
    """Incidents opened in each week of the quarter. Weeks run from Monday to Sunday, UTC; the quarter cuts the first and the last one."""
    weeks = weeks_of(quarter)
    place = np.searchsorted(np.array([microseconds(start) for start in weeks]), opened, side="right") - 1
    counted = np.bincount(place, minlength=len(weeks)).tolist()
    return {f"{start:%Y-%m-%d}": count for start, count in zip(weeks, counted, strict=True)}


def catalogue() -> list[dict[str, str]]:
    """Which figures there are, in their order, with their definitions, and the form of the columns that they are worked out from."""
    again = [(AGAIN[of], resolution.recurrence, f"Recurrence, by {of}", "incidents") for of in RETURNED]
    listed = [
        *((INCIDENTS, each.__name__, each, title, unit) for each, title, unit in _each(definitions.METRICS)),
        (INCIDENTS, "incidents_by_week", incidents_by_week, "Incidents by week", "incidents"),
        (INCIDENTS, "time_to_resolve", resolution.time_to_resolve, "Time to resolve (MTTR), with the open ones", "seconds"),
        (INCIDENTS, "frequency", resolution.frequency, "Frequency", "incidents"),
        *((INCIDENTS, *entry) for entry in again),
        *((LEFT_OUT, each.__name__, each, title, unit) for each, title, unit in _each(definitions.COVERAGE)),
        *((ESCALATIONS, each.__name__, each, title, unit) for each, title, unit in _each(escalated.MEASURES)),
    ]
    form = form_of_columns()
    return [
        {"name": name, "title": title, "unit": unit, "group": group, "definition": definition_of(function), "columns": form}
        for group, name, function, title, unit in listed
    ]


def days_until(quarter: Quarter, cut_off: int) -> int:
    """The days that a frequency counts."""
    none = np.zeros(0, dtype=np.int64)
    nothing = Incidents(**dict.fromkeys(COLUMNS, none), known_until=cut_off, names={})
    return int(resolution.frequency(nothing, quarter.start, quarter.end)["days"])


def _of_incidents(given: Facts, quarter: Quarter) -> dict[str, Any]:
    incidents = _as_incidents(given)
    return {
        "incidents_by_week": incidents_by_week(given.opened_at, quarter),
        "time_to_resolve": resolution.time_to_resolve(incidents),
        "frequency": resolution.frequency(incidents, quarter.start, quarter.end),
        **{AGAIN[of]: resolution.recurrence(_back(given, of)) for of in RETURNED},
    }


def _back(given: Facts, of: str) -> resolution.Returns:
    keys, numbers = (given.services, given.service_back) if of == "service" else (given.components, given.component_back)
    return returning.told(numbers, keys)


def _again(given: Facts, of: str, quarter: Quarter) -> dict[str, Any]:
    """The busiest services or components, each with its frequency and recurrence, and how many there are."""
    back = _back(given, of)
    keys, counts = np.unique(back.of[back.of != 0], return_counts=True)
    rows = []
    for key in keys[np.lexsort((keys, -counts))][:MOST_NAMED].tolist():
        chosen = back.of == key
        rate = resolution.frequency(_as_incidents(given, chosen), quarter.start, quarter.end)
        rows.append({"key": key, "per_week": rate["per_week"], **resolution.recurrence(back.where(chosen))})
    return {"rows": rows, "parts": len(keys)}


def _as_incidents(given: Facts, chosen: Truth | slice = slice(None)) -> Incidents:
    """What times and frequency are told by; of severities, teams and units they ask nothing."""
    keys = given.keys[chosen]
    columns = {**{name: np.zeros(len(keys), dtype=np.int64) for name in COLUMNS}, "key": keys, "service": given.services[chosen]}
    times = {"opened": given.opened_at[chosen], "acknowledged": given.acknowledged_at[chosen], "resolved": given.resolved_at[chosen]}
    return Incidents(**{**columns, **times}, known_until=given.escalations.known_until, names={})


def _measured(part: escalated.Escalations) -> dict[str, Any]:
    return {function.__name__: function(part) for function, _, _ in escalated.MEASURES}


def _each(defined: Sequence[Any]) -> Iterator[Any]:
    yield from defined
