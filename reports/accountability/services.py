"""What is done with a record: commenting on one's own, and looking at somebody else's, which is told."""

from datetime import datetime
from typing import Any

from audit.events.alone import tell
from audit.events.services import act
from policies.models import Team
from portal.foundation.errors import InvalidInput, NotAllowed, NotFound
from portal.foundation.people.models import User
from portal.foundation.words import visible

from .models import AccountabilityComment
from .readers import people_for, teams_for

LONGEST = 4_000
GONE = "There is no such record, or you may not see it."


def comment(text: str, *, quarter: str, actor: Any, now: datetime) -> AccountabilityComment:
    """Adds the actor's words to their own record. Raises NotAllowed without a person, InvalidInput in words."""
    if actor is None or not actor.is_active:
        raise NotAllowed("Only a person says something about their own record.")
    words = visible(text)
    if problem := _problem_with(words):
        raise InvalidInput(problem, {"text": [problem]})
    with act("accountability.commented", actor=actor, now=now, subject=actor) as running:
        made = AccountabilityComment.objects.create(person=actor, quarter=quarter, text=words, at=now)
        running.details = {"quarter": quarter}
    return made


def open_record(person_key: int, *, quarter: str, reader: Any, now: datetime, download: bool = False) -> User:
    """The person, once the look has been told. Raises NotFound for whoever is out of reach, as for nobody."""
    person = people_for(reader).filter(pk=person_key).first()
    if person is None:
        raise NotFound(GONE)
    if download:
        tell("accountability.downloaded", actor=reader, now=now, subject=person, quarter=quarter)
    elif person.pk != reader.pk:
        tell("accountability.read", actor=reader, now=now, subject=person, quarter=quarter)
    return person


def open_team(team_key: int, *, quarter: str, reader: Any, now: datetime, download: bool = False) -> Team:
    """The team, as `open_record`; a look at the team that the reader belongs to is not told."""
    team = teams_for(reader).filter(pk=team_key).first()
    if team is None:
        raise NotFound(GONE)
    if download:
        tell("accountability.downloaded", actor=reader, now=now, subject=team, quarter=quarter)
    elif not team.members.filter(pk=reader.pk).exists():
        tell("accountability.read", actor=reader, now=now, subject=team, quarter=quarter)
    return team


def _problem_with(words: str) -> str:
    if not words:
        return "Write what should stand beside your record."
    if len(words) > LONGEST:
        return f"Use at most {LONGEST:,} characters; these are {len(words):,}."
    if "\x00" in words or any("\ud800" <= letter <= "\udfff" for letter in words):
        return "It holds a character that no text has. Type it anew."
    return ""
