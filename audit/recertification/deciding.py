"""Answering: keep, remove or not sure, by somebody else than the person; and what happens to what nobody answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from audit.duties.pairs import EVERYTHING, Holding, Way
from audit.duties.taking import take_away
from audit.events.services import act, mention
from portal.foundation.access.checks import may
from portal.foundation.base_models import save_tracked
from portal.foundation.each_alone import each_alone
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.people.models import User
from portal.foundation.words import visible

from .models import AccessCampaign, AccessItem
from .opening import RUN
from .telling import tell_late

Answer = AccessItem.Answer
OWN = "Nobody confirms what they hold themselves. Somebody else has to."
NO_ANSWER = "Nobody answered by the due date, so it was taken away as the review says."


def to_answer(reader: Any) -> QuerySet[AccessItem]:
    """What waits for `reader`: asked of them, or of nobody in particular where they run the reviews; never their own."""
    asked = Q(reviewer=reader)
    if may(reader, RUN):
        asked |= Q(reviewer=None) | Q(reviewer__is_active=False) | Q(campaign__alarmed_at__isnull=False)
    open_ones = AccessItem.objects.filter(asked, campaign__signed_at=None, answer__in=["", Answer.UNSURE], lapsed=False)
    return open_ones.exclude(person=reader.pk).select_related("person", "campaign")


def why_not_answer(item: AccessItem, actor: Any) -> str:
    """What stands in the way of this person, in words; empty when nothing does."""
    if actor is None or not actor.is_active:
        return "A person has to answer."
    if item.person_id == actor.pk:
        return OWN
    return "" if item.reviewer_id == actor.pk or may(actor, RUN) else "Somebody else was asked about this person."


def answer_items(campaign: AccessCampaign, answers: Mapping[int, tuple[str, str]], *, actor: Any, now: datetime) -> list[AccessItem]:
    """Takes several answers, by item: the answer and its note. What is to go is taken away at once. All of them or none.

    Raises NotAllowed, also for one's own, InvalidInput, and WrongState for a signed review or what is settled already.
    """
    with act("access_review.answered", actor=actor, now=now, subject=campaign) as running:
        _locked(campaign)
        rows = AccessItem.objects.select_for_update(of=("self",)).select_related("person").filter(campaign=campaign, pk__in=answers)
        items = {item.pk: item for item in rows}
        if set(items) != set(answers):
            raise InvalidInput("Something that was answered is not part of this review.")
        done = [_answer(items[key], *said, actor, now) for key, said in sorted(answers.items())]
        mention(*(item.person for item in done))
        running.details = {"answers": [f"{item.person}: {item.name}: {item.get_answer_display()}" for item in done]}
    return done


def keep_all(campaign: AccessCampaign, person: User, *, sure: bool, actor: Any, now: datetime) -> int:
    """Keeps everything of `person` that is not answered yet; how much. Raises as `answer_items`, and InvalidInput unless `sure`."""
    if not sure:
        raise InvalidInput("Look through the list, then tick that you have.", {"sure": ["Look through the list, then tick this."]})
    waiting = campaign.items.filter(person=person, answer="", lapsed=False).values_list("pk", flat=True)
    return len(answer_items(campaign, dict.fromkeys(waiting, (Answer.KEEP.value, "")), actor=actor, now=now))


def sweep_overdue(*, now: datetime) -> int:
    """Once for each review that is past its date: alarms, and takes away what nobody answered where the review says so; how many reviews.

    One that fails stops no other; in the end Unfinished is raised for it.
    """
    late = AccessCampaign.objects.filter(signed_at=None, due_at__lte=now, alarmed_at=None)
    with each_alone("Alarms about access reviews") as alone:
        for campaign in late:
            with alone(campaign):
                _alarm(campaign, now)
    return len(late)


def _alarm(campaign: AccessCampaign, now: datetime) -> None:
    with act("access_review.overdue", actor=None, now=now, subject=campaign) as running:
        waiting = list(campaign.items.filter(answer__in=["", Answer.UNSURE], lapsed=False).select_related("person"))
        gone = [_lapse(item, now) for item in waiting if campaign.revoke_unanswered and not item.answer]
        tell_late(campaign, waiting, now)
        campaign.alarmed_at = now
        save_tracked(campaign, actor=None, now=now)
        running.details = {"unanswered": len(waiting), "taken_away": sum(gone)}


def _answer(item: AccessItem, answer: str, note: str, actor: Any, now: datetime) -> AccessItem:
    if words := why_not_answer(item, actor):
        raise NotAllowed(words)
    if item.is_settled:
        raise WrongState(f"{item.person}: {item.name} is answered already.")
    if answer not in Answer.values:
        raise InvalidInput("Choose keep, remove or not sure.")
    note = visible(note)
    if answer != Answer.KEEP and not note:
        raise InvalidInput(f"Say in a few words why {item.name} of {item.person} should go, or what you are not sure of.")
    item.answer, item.note, item.answered_at, item.answered_by = answer, note, now, actor
    if answer == Answer.REMOVE:
        _take(item, actor, now, note)
    save_tracked(item, actor=actor, now=now, reason=note)
    return item


def _lapse(item: AccessItem, now: datetime) -> bool:
    _take(item, None, now, NO_ANSWER)
    item.lapsed, item.note = True, NO_ANSWER
    save_tracked(item, actor=None, now=now)
    return item.removed_at is not None


def _take(item: AccessItem, actor: Any, now: datetime, reason: str) -> None:
    """What is gone already stays gone; the last superuser stays, and the note says so."""
    try:
        take_away(item.person, holding_of(item), actor=actor, now=now, reason=reason)
        item.removed_at = now
    except WrongState as error:
        if item.way == AccessItem.Way.SUPERUSER and actor is not None:
            raise
        item.note = f"{item.note} {error.message}".strip()


def holding_of(item: AccessItem) -> Holding:
    """As it is taken away."""
    if item.way == Way.ROLE:
        return Holding("", Way.ROLE, item.name)
    return Holding(EVERYTHING if item.way == Way.SUPERUSER else item.name, item.way, "", item.place)


def _locked(campaign: AccessCampaign) -> AccessCampaign:
    found: AccessCampaign = AccessCampaign.objects.select_for_update().get(pk=campaign.pk)
    if found.signed_at is not None:
        raise WrongState(f"{found} was signed already. What is signed stays.")
    return found
