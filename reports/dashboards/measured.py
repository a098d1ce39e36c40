"""Every figure of a set of incidents, by the definitions of the quarterly pack. Pure.

Whatever stands in METRICS, COVERAGE and MEASURES is measured, so a figure that is new there is new here.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from reports.metrics import definitions
from reports.metrics import escalation_definitions as escalated
from reports.metrics.definitions import definition_of

from .columns import Facts
from .figures import ESCALATIONS, INCIDENTS, LEFT_OUT


def figures_of(given: Facts) -> dict[str, Any]:
    """Figure by name, for JSON; `levels` the escalations' by level, `waited` the seconds between alerts and their answers."""
    whole = given.escalations
    levels = {str(level): whole.of_visits(whole.visits.level == level) for level in np.unique(whole.visits.level).tolist()}
    return {
        "figures": {
            **definitions.measured(definitions.METRICS, given.facts),
            **definitions.measured(definitions.COVERAGE, given.facts),
            **_measured(whole),
        },
        "levels": {level: _measured(part) for level, part in levels.items()},
        "bottleneck": escalated.bottleneck({f"level {level}": part for level, part in levels.items()}),
        "waited": escalated.bottleneck({"": whole})["seconds"],
    }


def catalogue() -> list[dict[str, str]]:
    """Which figures there are, in their order, with their definitions."""
    groups = ((INCIDENTS, definitions.METRICS), (LEFT_OUT, definitions.COVERAGE), (ESCALATIONS, escalated.MEASURES))
    return [
        {"name": function.__name__, "title": title, "unit": unit, "group": group, "definition": definition_of(function)}
        for group, defined in groups
        for function, title, unit in _each(defined)
    ]


def _measured(part: escalated.Escalations) -> dict[str, Any]:
    return {function.__name__: function(part) for function, _, _ in escalated.MEASURES}


def _each(defined: Sequence[Any]) -> Iterator[Any]:
    yield from defined
