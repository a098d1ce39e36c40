"""Letting a pair pass in one person until a day: by somebody else, with a reason."""

from datetime import date, datetime, timedelta
from typing import Any

from audit.events.services import act, mention
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState

from .models import DutyException, DutyPair, day_of
from .people_only import require_person, said

COVER = "audit.cover_dutyfinding"
# Half a year: whoever needs longer says again why.
LONGEST = timedelta(days=183)
OWN = "Nobody lets a pair of duties pass in themselves. Somebody else who may has to do it."


def running_exceptions(now: datetime) -> dict[tuple[int, int], DutyException]:
    """Those that count now, by person and pair. One query."""
    found = DutyException.objects.filter(ended_at=None, until__gte=day_of(now)).select_related("person", "pair", "given_by")
    return {(one.person_id, one.pair_id): one for one in found}


def give_exception(person: Any, pair: DutyPair, *, until: date, actor: Any, now: datetime, reason: str) -> DutyException:
    """Lets `pair` pass in `person` up to and with the day `until`; one that ran before ends. Raises NotAllowed and InvalidInput."""
    require_person(actor, COVER, to="let a pair of duties pass")
    if actor.pk == person.pk:
        raise NotAllowed(OWN)
    words = said(reason)
    today = day_of(now)
    if not today <= until <= today + LONGEST:
        words_of_until = f"Name a day from today on, at most {LONGEST.days} days ahead."
        raise InvalidInput(words_of_until, {"until": [words_of_until]})
    with act("duty_exception.given", actor=actor, now=now, why=words) as running:
        mention(person)
        for before in DutyException.objects.select_for_update().filter(person=person, pair=pair, ended_at=None):
            _end(before, actor, now, "Another took its place.")
        given = DutyException(person=person, pair=pair, reason=words, given_at=now, given_by=actor, until=until)
        save_tracked(given, actor=actor, now=now, reason=words)
        running.subject = given
        running.details = {"person": str(person), "pair": str(pair), "until": until.isoformat()}
    return given


def end_exception(exception: DutyException, *, actor: Any, now: datetime, reason: str) -> None:
    """Ends it before its day; the next check finds the pair open. Raises NotAllowed, InvalidInput, WrongState."""
    require_person(actor, COVER, to="end an exception")
    words = said(reason)
    with act("duty_exception.ended", actor=actor, now=now, subject=exception, why=words):
        exception = DutyException.objects.select_for_update(of=("self",)).select_related("person").get(pk=exception.pk)
        if not exception.counts(day_of(now)):
            raise WrongState("It has ended already.")
        _end(exception, actor, now, words)


def _end(exception: DutyException, actor: Any, now: datetime, reason: str) -> None:
    exception.ended_at, exception.ended_by, exception.end_reason = now, actor, reason
    save_tracked(exception, actor=actor, now=now, reason=reason)
