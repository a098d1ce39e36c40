"""Recording a file of feedback: all of its answers or none, and none that is on record already unless that is meant."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from audit.events.services import act
from incidents.lifecycle import checks
from incidents.lifecycle.models import Incident
from incidents.lifecycle.queries import incidents_for
from policies.models import Service
from portal.foundation.access.checks import may, require
from portal.foundation.errors import InvalidInput
from portal.foundation.one_transaction import whole
from portal.foundation.redaction import one_line

from .models import Feedback
from .queries import COUNTING, with_words
from .reading import Line, Unreadable, read
from .services import ADD, Given, checked, record

TO = "import feedback"
MOST_PROBLEMS = 20
MEANT = "Leave it out, or say that what is on record already is meant to come in again."


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that can be imported: its answers with their lines, and what is on record already by line."""

    answers: Sequence[tuple[Line, Given]]
    repeats: Mapping[int, str]
    sha256: str


def look(content: bytes, *, actor: Any, now: datetime) -> Taken:
    """What importing `content` would record; writes nothing. Raises NotAllowed, and InvalidInput with every problem at its line."""
    require(actor, ADD, to=TO)
    try:
        lines, problems = read(content)
    except Unreadable as error:
        raise _refused([str(error)]) from error
    incidents, services = _incidents(lines, actor), _services(lines, actor)
    answers: list[tuple[Line, Given]] = []
    for line in lines:
        wrong = _place_problem(line, incidents, services)
        given = Given(
            line.giver,
            line.given_on,
            line.way,
            line.satisfaction,
            line.text,
            incidents.get(line.incident),
            services.get(line.service),
        )
        problems += [(line.number, each) for each in (wrong or _problems(given, now))]
        answers.append((line, given))
    if problems:
        raise _refused([f"Line {number}: {words}" for number, words in sorted(problems, key=itemgetter(0))])
    return Taken(answers, _repeats(answers, now), hashlib.sha256(content).hexdigest())


def import_file(
    content: bytes, *, file_name: str, actor: Any, now: datetime, operator: str = "", reason: str = "", again: bool = False
) -> list[Feedback]:
    """Records every answer of `content` in one transaction, each as an act of its own, and an event of the file.

    `operator` names who brought it when `actor` is None. What is on record already comes in only if `again`. Raises as `look`.
    """
    taken = look(content, actor=actor, now=now)
    if taken.repeats and not again:
        raise _refused([f"{words} {MEANT}" for words in taken.repeats.values()])
    why = checks.clean_text(reason, "reason")
    with whole(), act("feedback.imported", actor=actor, now=now, why=why) as running:
        made = [record(given, actor=actor, now=now) for _, given in taken.answers]
        running.details = {"file": one_line(file_name)[:255], "sha256": taken.sha256, "answers": len(made)}
        if actor is None and operator:
            running.details["person"] = one_line(operator)[:150]
    return made


def _refused(problems: Sequence[str]) -> InvalidInput:
    shown = list(problems[:MOST_PROBLEMS])
    if len(problems) > MOST_PROBLEMS:
        shown.append(f"And {len(problems) - MOST_PROBLEMS} more.")
    return InvalidInput(" ".join(shown), {"file": shown})


def _incidents(lines: Iterable[Line], actor: Any) -> dict[str, Incident]:
    """By number, those that `actor` may see. One query."""
    return {one.number: one for one in incidents_for(actor).filter(number__in={line.incident for line in lines} - {""})}


def _services(lines: Iterable[Line], actor: Any) -> dict[str, Service]:
    """By key, those of which the API would take feedback from `actor`."""
    found = Service.objects.filter(key__in={line.service for line in lines} - {""})
    return {one.key: one for one in found if may(actor, "policies.view_service", one) or may(actor, ADD, one)}


def _place_problem(line: Line, incidents: Mapping[str, Incident], services: Mapping[str, Service]) -> list[str]:
    """Of what somebody may not see is said what is said of what is not there."""
    wrong = []
    if line.incident and line.incident not in incidents:
        wrong.append(f"no incident has the number {line.incident[:40]!r}. Use one as INC0000012.")
    if line.service and line.service not in services:
        wrong.append(f"no service has the key {line.service[:40]!r}. The list of services names them all.")
    return wrong


def _problems(given: Given, now: datetime) -> list[str]:
    try:
        checked(given, now)
    except InvalidInput as error:
        return [each for problems in error.fields.values() for each in problems] or [error.message]
    return []


def _repeats(answers: Sequence[tuple[Line, Given]], now: datetime) -> dict[int, str]:
    """By line, what says the same as is on record, or in the same words as an earlier line. One query.

    Equal numbers without words are answers of different people; of them as many are repeats as there are on record.
    """
    said = [(line, _as_kept(given, now)) for line, given in answers]
    kept = Feedback.objects.filter(COUNTING, given_on__in={line.given_on for line, _ in answers}, service__in={key[5] for _, key in said})
    columns = ("giver", "given_on", "way", "satisfaction", "incident_id", "service_id", "said")
    there = Counter((*key, words or "") for *key, words in with_words(kept).values_list(*columns))
    first: dict[tuple[Any, ...], int] = {}
    came: Counter[tuple[Any, ...]] = Counter()
    found: dict[int, str] = {}
    for line, key in said:
        came[key] += 1
        if came[key] <= there[key]:
            found[line.number] = f"Line {line.number}: the same is on record already."
        elif key[-1] and key in first:
            found[line.number] = f"Line {line.number}: line {first[key]} says the same in the same words."
        first.setdefault(key, line.number)
    return found


def _as_kept(given: Given, now: datetime) -> tuple[Any, ...]:
    fields, text = checked(given, now)
    incident = fields["incident"]
    return (
        fields["giver"],
        fields["given_on"],
        fields["way"],
        fields["satisfaction"],
        incident.pk if incident is not None else None,
        fields["service"].pk,
        text,
    )
