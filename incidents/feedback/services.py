"""Recording feedback, correcting and withdrawing it, saying what follows, and erasing its words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from audit.events.services import act
from incidents.lifecycle import checks
from incidents.lifecycle.models import Incident
from policies.models import Service
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, WrongState

from .models import HIGHEST, LOWEST, Feedback, FeedbackWords
from .queries import hold_on, words_of

ADD, CHANGE, ERASE = "incidents.add_feedback", "incidents.change_feedback", "incidents.erase_feedback"
LONGEST = 4_000
# Before it nobody kept any; an earlier day is a wrong year.
EARLIEST = date(2000, 1, 1)
DAY = timedelta(days=1)
Outcome = Feedback.Outcome


@dataclass(frozen=True, slots=True)
class Given:
    """What was let known: by whom as a kind, about what, when and how. `text` may be empty where there is a number."""

    giver: str
    given_on: date
    way: str
    satisfaction: int | None = None
    text: str = ""
    incident: Incident | None = None
    service: Service | None = None


def record(given: Given, *, actor: Any, now: datetime) -> Feedback:
    """Keeps it. Raises NotAllowed, and InvalidInput by field."""
    require(actor, ADD, to="record feedback")
    fields, text = checked(given, now)
    with act("feedback.recorded", actor=actor, now=now) as running:
        feedback = Feedback(**fields, recorded_at=now, recorded_by=actor)
        save_tracked(feedback, actor=actor, now=now)
        _say(feedback, text, actor, now)
        running.subject = feedback
        running.details = {"words": bool(text)}
    return feedback


def correct(feedback: Feedback, given: Given, *, actor: Any, now: datetime, reason: str) -> Feedback:
    """Another version of it; history keeps the one before, and its words stay beside. The same again is no correction.

    Raises NotAllowed, InvalidInput (also without words), WrongState when it was withdrawn.
    """
    require(actor, CHANGE, feedback, to="correct feedback")
    reason = checks.clean_reason(reason, what="what was wrong")
    fields, text = checked(given, now)
    with act("feedback.corrected", actor=actor, now=now, subject=feedback, why=reason) as running:
        feedback = _locked(feedback)
        said = words_of(feedback)
        if text == said and all(getattr(feedback, name) == value for name, value in fields.items()):
            raise InvalidInput("Nothing is different. Change what was wrong, or leave it.")
        for name, value in fields.items():
            setattr(feedback, name, value)
        save_tracked(feedback, actor=actor, now=now, reason=reason)
        if text != said:
            _say(feedback, text, actor, now, anyway=True)
        running.details = {"words_changed": text != said}
    return feedback


def withdraw(feedback: Feedback, *, actor: Any, now: datetime, reason: str) -> Feedback:
    """It does not count any more, and stays on record. Raises NotAllowed, InvalidInput without words, WrongState when it was withdrawn."""
    require(actor, CHANGE, feedback, to="withdraw feedback")
    reason = checks.clean_reason(reason, what="why it does not count")
    with act("feedback.withdrawn", actor=actor, now=now, subject=feedback, why=reason):
        feedback = _locked(feedback)
        feedback.withdrawn_at, feedback.withdrawn_by, feedback.withdrawal = now, actor, reason
        save_tracked(feedback, actor=actor, now=now, reason=reason)
    return feedback


def leave(feedback: Feedback, *, actor: Any, now: datetime, reason: str) -> Feedback:
    """There is nothing to do, for a stated reason. Raises NotAllowed, InvalidInput, WrongState when something followed already."""
    require(actor, CHANGE, feedback, to="say what follows from feedback")
    reason = checks.clean_reason(reason, what="why there is nothing to do")
    with act("feedback.settled", actor=actor, now=now, subject=feedback, why=reason) as running:
        feedback = _waiting(feedback)
        _settle(feedback, Outcome.NOTHING, reason, actor, now)
        running.details = {"outcome": feedback.outcome}
    return feedback


def take_up(feedback: Feedback, in_words: str, *, actor: Any, now: datetime) -> Feedback:
    """Says that an action came of it, `in_words`; part of the act that agrees the action, of whoever may. Several actions may.

    Raises WrongState when it was withdrawn, or there was nothing to do.
    """
    feedback = _locked(feedback)
    if feedback.outcome == Outcome.NOTHING:
        raise WrongState(f"Of feedback {feedback.pk} it was said that there is nothing to do.")
    if feedback.outcome == Outcome.WAITING:
        _settle(feedback, Outcome.ACTION, in_words, actor, now)
    return feedback


def erase_words(feedback: Feedback, *, actor: Any, now: datetime, reason: str) -> int:
    """Its words go, earlier ones too; the number and that something was said stay. How many there were.

    Raises NotAllowed, InvalidInput, WrongState without any words, or under a legal hold.
    """
    require(actor, ERASE, feedback, to="erase the words of feedback")
    reason = checks.clean_reason(reason, what="who asked for it, by the number of the request")
    with act("feedback.words_erased", actor=actor, now=now, subject=feedback, why=reason) as running:
        Feedback.objects.select_for_update(of=("self",)).get(pk=feedback.pk)
        if held := hold_on(feedback):
            raise WrongState(f"Hold {held} keeps these words: “{held.reason}”. They can go when it is lifted.")
        gone = feedback.words.filter(erased=False).update(text="", erased=True)
        if not gone:
            raise WrongState("There are no words to erase.")
        running.details = {"versions": gone}
    return gone


def checked(given: Given, now: datetime) -> tuple[Mapping[str, Any], str]:
    """What is given as columns, and its words; as `record` and `correct` check it. Raises InvalidInput by field."""
    text = checks.clean_text(given.text, "text", LONGEST)
    incident = given.incident
    service = given.service or (incident.service if incident is not None else None)
    problems: dict[str, str] = {
        "giver": "" if given.giver in Feedback.Giver.values else "Say from whom: a customer, a team or a stakeholder.",
        "way": "" if given.way in Feedback.Way.values else "Say how it came: by survey, call, mail or meeting.",
        "satisfaction": _problem_with_number(given.satisfaction),
        "given_on": _problem_with_day(given.given_on, incident, now),
        "service": _problem_with_place(incident, service),
        "incident": "A drill has no customers." if incident is not None and incident.origin == Incident.Origin.DRILL else "",
        "text": "" if text or given.satisfaction is not None else "Give a number from 1 to 5, words, or both.",
    }
    found = {field: [problem] for field, problem in problems.items() if problem}
    if found:
        raise InvalidInput(next(iter(found.values()))[0], found)
    fields = {"giver": given.giver, "given_on": given.given_on, "way": given.way, "satisfaction": given.satisfaction}
    return {**fields, "incident": incident, "service": service}, text


def _problem_with_number(number: Any) -> str:
    whole = type(number) is int and LOWEST <= number <= HIGHEST
    return "" if number is None or whole else f"Satisfaction is a whole number from {LOWEST} to {HIGHEST}, or none."


def _problem_with_day(day: date, incident: Incident | None, now: datetime) -> str:
    # Whoever is east of us has tomorrow already.
    if day > (now + DAY).date():
        return "The day lies in the future."
    if day < EARLIEST:
        return f"The day lies before {EARLIEST:%Y}. Check the year."
    if incident is not None and day < (incident.opened_at - DAY).date():
        return f"{incident.number} was opened on {incident.opened_at:%d %b %Y}, after this day."
    return ""


def _problem_with_place(incident: Incident | None, service: Service | None) -> str:
    if service is None:
        return "Say what it is about: an incident or a service."
    if incident is not None and incident.service_id != service.pk:
        return f"{incident.number} is about {incident.service}. Leave the service out, or choose that one."
    return ""


def _say(feedback: Feedback, text: str, actor: Any, now: datetime, *, anyway: bool = False) -> None:
    if text or anyway:
        FeedbackWords.objects.create(feedback=feedback, text=text, at=now, by=actor)


def _settle(feedback: Feedback, outcome: str, words: str, actor: Any, now: datetime) -> None:
    feedback.outcome, feedback.settlement = outcome, words
    save_tracked(feedback, actor=actor, now=now, reason=words)


def _locked(feedback: Feedback) -> Feedback:
    found = Feedback.objects.select_for_update(of=("self",)).select_related("incident__service", "service").get(pk=feedback.pk)
    if found.is_withdrawn:
        raise WrongState(f"Feedback {found.pk} was withdrawn, and stays as it is.")
    return found


def _waiting(feedback: Feedback) -> Feedback:
    found = _locked(feedback)
    if found.outcome != Outcome.WAITING:
        raise WrongState(f"Of feedback {found.pk} it is said already: {found.get_outcome_display()}.")
    return found
