"""The incidents of a period as columns, and the dimensions that they and their escalations are told by. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from .levels import NEVER, Truth, Whole

HOUR = 3_600_000_000
HOURS = 24
SEVERITIES = ("", "SEV1", "SEV2", "SEV3", "SEV4")
# In the order of the pack. `version` is of escalations alone: it is a run's, not an incident's.
DIMENSIONS = {
    "service": "Service",
    "component": "Component",
    "team": "Assignment group",
    "unit": "Business unit",
    "severity": "Severity",
    "hour": "Hour of opening (UTC)",
}
# What stands for the part of those that have none, such as incidents without a component.
NONE_RECORDED = "none recorded"


def in_a_sentence(title: str) -> str:
    """'hour of opening (UTC)': as it stands inside a sentence."""
    return f"{title[:1].lower()}{title[1:]}"


def told_apart(names: Iterable[str]) -> bool:
    """Whether a dimension tells anything apart: it does not where no incident has a part of it."""
    return any(names)


@dataclass(frozen=True, slots=True)
class Incidents:
    """A row an incident, in the order of opening. Times are microseconds, NEVER for none; keys are 0 where there is none.

    `names` has by dimension the name of each key. `known_until`: the moment up to which all is told.
    """

    key: Whole
    opened: Whole
    acknowledged: Whole
    resolved: Whole
    severity: Whole
    service: Whole
    component: Whole
    team: Whole
    unit: Whole
    known_until: int
    names: Mapping[str, Mapping[int, str]]

    def __len__(self) -> int:
        return len(self.key)

    def where(self, chosen: Truth | Whole | slice) -> "Incidents":
        return replace(self, **{name: getattr(self, name)[chosen] for name in COLUMNS})

    def codes(self, dimension: str) -> Whole:
        """For each incident the key of its part of `dimension`; hours from 0 to 23."""
        if dimension == "hour":
            return self.opened // HOUR % HOURS
        return np.asarray(getattr(self, dimension), dtype=np.int64)

    def name_of(self, dimension: str, code: int) -> str:
        """As people know it; '' where there is none."""
        if dimension == "hour":
            return f"{code:02d}:00"
        if dimension == "severity":
            return SEVERITIES[code]
        return self.names.get(dimension, {}).get(code, "")

    def rows_of(self, keys: Whole) -> Whole:
        """The row of each incident of `keys`, all of which are among these."""
        order = np.argsort(self.key)
        return np.asarray(order[np.searchsorted(self.key[order], keys)], dtype=np.int64)

    def parts(self, dimension: str) -> Iterator[tuple[str, "Incidents"]]:
        """The parts of a dimension that have incidents, by name; hours in their order."""
        codes = self.codes(dimension)
        order = np.argsort(codes, kind="stable")
        by_part = self.where(order)
        named = [(self.name_of(dimension, code), code, start, end) for code, start, end in stretches(codes[order])]
        for name, _, start, end in sorted(named):
            yield name, by_part.where(slice(start, end))


COLUMNS = ("key", "opened", "acknowledged", "resolved", "severity", "service", "component", "team", "unit")


def stretches(ordered: Whole) -> Iterator[tuple[int, int, int]]:
    """Each value of a column in order with the place where it begins and the one behind its end."""
    values, first = np.unique(ordered, return_index=True)
    yield from zip(values.tolist(), first.tolist(), [*first[1:].tolist(), len(ordered)], strict=False)


def contradicts(given: Incidents) -> Truth:
    """Incidents that were resolved before they were opened: errors in the data."""
    return np.asarray((given.resolved != NEVER) & (given.resolved < given.opened))
