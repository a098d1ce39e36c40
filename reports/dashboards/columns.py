"""A day's facts as bytes: what an incident is as lists, its escalations as narrow columns. Pure.

The names of all columns are written with them: facts that were packed when there were others are not read but worked out again.
"""

import json
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import repeat
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from reports.metrics.escalation_definitions import Escalations
from reports.metrics.facts import IncidentFact
from reports.metrics.levels import NEVER, Truth, Visits, Whole

from .places import COUNTED, FORMAT, NOWHERE, Places

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# What no figure is made of and nobody should find in a second place, and what is written in other columns.
NOT_KEPT = ("number", "title", "service", "team")
TIMES = tuple(field.name for field in fields(IncidentFact) if datetime in (field.type, *get_args(field.type)))
KEPT = tuple(field for field in fields(IncidentFact) if field.name not in (*NOT_KEPT, *TIMES))
OF_A_VISIT = ("acted",)
OF_AN_INCIDENT = ("keys", "services", "components", "teams", "told", *TIMES, "service_back", "component_back")
NUMBERS = ("opened", "known_until", "visits")
TRUTHS = frozenset(field.name for field in fields(Escalations) if field.type is Truth)
OF_A_RUN = tuple(field.name for field in fields(Escalations) if field.name not in (*OF_A_VISIT, *NUMBERS))
IN_VISITS = tuple(field.name for field in fields(Visits))
NAMES = [FORMAT, *OF_AN_INCIDENT, *(field.name for field in KEPT), *OF_A_RUN, *IN_VISITS, *OF_A_VISIT]
_WIDTHS: tuple[type[np.unsignedinteger[Any]], ...] = (np.uint8, np.uint16, np.uint32, np.uint64)


def form_of_columns() -> str:
    """The same as long as packed facts can be read and are counted alike; it begins with the numbers of both."""
    return f"{NAMES[0]}.{COUNTED}:{sha256(json.dumps(NAMES).encode()).hexdigest()[:16]}"


class OtherFormat(ValueError):
    """The bytes were packed with other columns than there are now."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Incidents in the order of their opening, a row each, and their technical escalations.

    `keys`, `services`, `components` and `teams` (0: none) are primary keys; `told` is the last thing told about each in microseconds, NEVER when nothing
    was, as are the times. `service_back` and `component_back` say whether it came back, as reports.dashboards.returning does. `facts` have
    no number and no title, and names only where they were given; none at all where they were not asked for.
    """

    keys: Whole
    services: Whole
    components: Whole
    teams: Whole
    told: Whole
    opened_at: Whole
    acknowledged_at: Whole
    resolved_at: Whole
    service_back: Whole
    component_back: Whole
    facts: list[IncidentFact]
    escalations: Escalations

    @property
    def rows_of_runs(self) -> Whole:
        """For each run the row of its incident."""
        order = np.argsort(self.keys)
        return np.asarray(order[np.searchsorted(self.keys[order], self.escalations.incident)], dtype=np.int64)

    def where(self, chosen: Truth) -> "Facts":
        """The chosen incidents alone, with their escalations."""
        kept = self.escalations.of_runs(chosen[self.rows_of_runs], int(chosen.sum()))
        facts = [self.facts[row] for row in np.flatnonzero(chosen).tolist()] if self.facts else []
        return Facts(**{name: getattr(self, name)[chosen] for name in OF_AN_INCIDENT}, facts=facts, escalations=kept)

    @property
    def hang_on_the_cut_off(self) -> Truth:
        """Incidents that are still open or have somebody waited for: their times go on until the cut-off."""
        found = np.asarray(self.resolved_at == NEVER)
        visits = self.escalations.visits
        found[self.rows_of_runs[visits.run[visits.left == NEVER]]] = True
        return found

    def cut_off(self, otherwise: int) -> "Facts":
        """Known up to the last thing told about any of them, `otherwise` up to a moment; both in microseconds."""
        return self.known_until(int(self.told.max(initial=NEVER)), otherwise)

    def known_until(self, moment: int, otherwise: int) -> "Facts":
        """Known up to `moment`, or where that is NEVER, up to the other one."""
        return replace(self, escalations=replace(self.escalations, known_until=otherwise if moment == NEVER else moment))


def packed(given: Facts) -> bytes:
    """The same facts give the same bytes."""
    lists = {field.name: [getattr(fact, field.name) for fact in given.facts] for field in KEPT}
    columns: list[NDArray[Any]] = [getattr(given, name) for name in OF_AN_INCIDENT]
    columns += [getattr(given.escalations, name) for name in OF_A_RUN]
    columns += [getattr(given.escalations.visits, name) for name in IN_VISITS]
    columns += [getattr(given.escalations, name) for name in OF_A_VISIT]
    written, body = [], []
    for column in columns:
        width, base, narrow = _narrowed(column.astype(np.int64))
        written.append([width, base, len(column)])
        body.append(narrow)
    head = {"names": NAMES, "columns": written, "facts": lists}
    text = json.dumps(head, separators=(",", ":")).encode()
    return zlib.compress(len(text).to_bytes(8, "little") + text + b"".join(body), 1)


def unpacked(content: bytes, named: Places = NOWHERE) -> Facts:
    """With the names of services and groups as in `named`. Raises OtherFormat for what was packed otherwise, or is no such thing."""
    found, lists = without_facts(content)
    return with_facts(found, lists.__getitem__, named)


def with_facts(found: Facts, told: Callable[[str], Iterable[Any]], named: Places) -> Facts:
    """`told` gives what is written as lists, by name."""
    given: dict[str, Iterable[Any]] = {
        "service": map(named.services.get, found.services.tolist(), repeat("")),
        "team": map(named.teams.get, found.teams.tolist(), repeat("")),
        **{name: _times(getattr(found, name)) for name in TIMES},
        **{field.name: told(field.name) for field in KEPT},
    }
    # A row is made of a value from each column, in the order in which its class has them.
    columns = (given.get(field.name, repeat("", len(found.keys))) for field in fields(IncidentFact))
    return replace(found, facts=[IncidentFact(*row) for row in zip(*columns, strict=False)])


def without_facts(content: bytes) -> tuple[Facts, dict[str, list[Any]]]:
    """What is written as columns, and what is written as lists. Making facts of these takes most of the time."""
    head, body = _head_and_body(content)
    columns, place = [], 0
    for width, base, count in head["columns"]:
        columns.append(_widened(np.frombuffer(body, _WIDTHS[width], count, place).astype(np.uint64), base))
        place += count * _WIDTHS[width]().itemsize
    of_incidents, rest = dict(zip(OF_AN_INCIDENT, columns, strict=False)), columns[len(OF_AN_INCIDENT) :]
    runs, rest = rest[: len(OF_A_RUN)], rest[len(OF_A_RUN) :]
    visits, others = rest[: len(IN_VISITS)], rest[len(IN_VISITS) :]
    of_runs = {name: _as_kept(name, column) for name, column in zip(OF_A_RUN, runs, strict=True)}
    beside = {name: _as_kept(name, column) for name, column in zip(OF_A_VISIT, others, strict=True)}
    escalations = Escalations(opened=len(of_incidents["keys"]), visits=Visits(*visits), known_until=0, **of_runs, **beside)
    return Facts(**of_incidents, facts=[], escalations=escalations), head["facts"]


def joined(days: Sequence[Facts]) -> Facts:
    """All `days` in their order as one."""
    parts = [day.escalations for day in days]
    runs = np.cumsum([0, *(len(part.incident) for part in parts)])
    visits = [replace(part.visits, run=part.visits.run + before) for part, before in zip(parts, runs.tolist(), strict=False)]
    whole = {name: _one([getattr(part, name) for part in parts], _kind(name)) for name in (*OF_A_RUN, *OF_A_VISIT)}
    escalations = Escalations(
        opened=sum(len(day.keys) for day in days),
        visits=Visits(*(_one([getattr(part, name) for part in visits], np.int64) for name in IN_VISITS)),
        known_until=0,
        **whole,
    )
    of_incidents = {name: _one([getattr(day, name) for day in days], np.int64) for name in OF_AN_INCIDENT}
    return Facts(**of_incidents, facts=[fact for day in days for fact in day.facts], escalations=escalations)


def digests(given: Facts) -> dict[int, int]:
    """For each incident, by its key, a number that changes with any of its facts."""
    own = zip(*(getattr(given, name).tolist() for name in OF_AN_INCIDENT), given.facts, strict=True)
    said: dict[int, list[Any]] = {key: list(rest) for key, *rest in own}
    escalations = given.escalations
    of_runs = np.stack([np.asarray(getattr(escalations, name), dtype=np.int64) for name in OF_A_RUN], axis=1)
    for key, row in zip(escalations.incident.tolist(), of_runs, strict=True):
        said[key].append(row.tobytes())
    visits = [getattr(escalations.visits, name) for name in IN_VISITS if name != "run"]
    of_visits = np.stack(
        [np.asarray(each, dtype=np.int64) for each in (*visits, *(getattr(escalations, name) for name in OF_A_VISIT))], axis=1
    )
    for key, row in zip(escalations.incident[escalations.visits.run].tolist(), of_visits, strict=True):
        said[key].append(row.tobytes())
    return {key: hash(tuple(words)) for key, words in said.items()}


def microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


def _head_and_body(content: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        raw = zlib.decompress(content)
        size = int.from_bytes(raw[:8], "little")
        head = json.loads(raw[8 : 8 + size])
    except (zlib.error, ValueError) as error:
        raise OtherFormat("These are no packed facts.") from error
    if not isinstance(head, dict) or head.get("names") != NAMES:
        raise OtherFormat("These facts were packed with other columns.")
    return head, raw[8 + size :]


def _times(column: Whole) -> list[datetime | None]:
    return [None if value == NEVER else EPOCH + value * MICROSECOND for value in column.tolist()]


def _narrowed(column: Whole) -> tuple[int, int, bytes]:
    """The place of the width, what was taken off, and the bytes; NEVER becomes 0 and everything else at least 1."""
    there = column != NEVER
    base = int(column[there].min()) if there.any() else 0
    offset = np.where(there, column - base + 1, 0).astype(np.uint64)
    highest = int(offset.max()) if len(offset) else 0
    place = next(place for place, width in enumerate(_WIDTHS) if highest <= np.iinfo(width).max)
    return place, base, offset.astype(_WIDTHS[place]).tobytes()


def _widened(offset: NDArray[np.uint64], base: int) -> Whole:
    return np.asarray(np.where(offset == 0, NEVER, offset.astype(np.int64) + (base - 1)), dtype=np.int64)


def _kind(name: str) -> Any:
    return np.bool_ if name in TRUTHS else np.int64


def _as_kept(name: str, column: Whole) -> Any:
    return column.astype(_kind(name))


def _one(columns: Sequence[NDArray[Any]], kind: Any) -> Any:
    return np.concatenate([np.empty(0, dtype=kind), *columns])
