"""Opening a post-mortem, publishing or waiving it, and settling what came of it."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from audit.events.services import act
from incidents.lifecycle import checks
from incidents.lifecycle.facts import discreet_title
from incidents.lifecycle.models import Incident
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked
from portal.foundation.each_alone import each_alone
from portal.foundation.errors import InvalidInput, WrongState
from portal.foundation.outbox.services import queue
from portal.foundation.words import visible

from .drafting import course_of, names_within
from .models import PostMortem, PostMortemAction
from .queries import OVER, highest_level, moments_of, names_of_those_involved, overdue, overdue_actions, owing

WITHIN = timedelta(days=14)
CHANGE, WAIVE = "incidents.change_postmortem", "incidents.waive_postmortem"
OPENED, LATE, ACTION_LATE = "postmortem.opened", "postmortem.overdue", "postmortem.action_overdue"
NEEDED = {"summary": "what happened", "contributing": "the contributing factors", "lessons": "the lessons"}
State, Settled = PostMortem.State, PostMortemAction.State


def open_those_owed(*, now: datetime) -> int:
    """Opens a post-mortem for every resolved incident that went up to level 3 or above and has none yet; how many.

    Each is drafted from the incident's course. Its owner is who owns the service, else the policy; they have 14 days.
    """
    opened = 0
    with each_alone("Opening post-mortems") as alone:
        for incident in owing(now):
            with alone(incident.number):
                opened += _opened(incident, now)
    return opened


def _opened(incident: Any, now: datetime) -> bool:
    try:
        with transaction.atomic():
            _open(incident, incident.reached, actor=None, now=now, reason="")
    except IntegrityError:
        # Somebody opened it by hand in the same moment.
        return False
    return True


def open_by_hand(incident: Incident, *, actor: Any, now: datetime, reason: str) -> PostMortem:
    """The same for any incident that was resolved, whatever its level.

    Raises NotAllowed, InvalidInput without words, WrongState while it is not resolved, was made up for a drill, or has one already.
    """
    require(actor, CHANGE, incident, to="open a post-mortem")
    reason = checks.clean_reason(reason, what="why this incident is worth one")
    if incident.origin == Incident.Origin.DRILL:
        raise WrongState("What a drill showed stands among its findings.")
    if incident.state not in OVER:
        raise WrongState(f"{incident.number} is {incident.get_state_display()}. A post-mortem begins when it is resolved.")
    if PostMortem.objects.filter(incident=incident).exists():
        raise WrongState(f"{incident.number} has a post-mortem already.")
    return _open(incident, highest_level(incident), actor=actor, now=now, reason=reason)


def check_text(post_mortem: PostMortem) -> None:
    """Raises InvalidInput, by field, where one of those involved is named: roles say what can be changed, names say who is to blame."""
    names = names_of_those_involved(post_mortem.incident)
    problems = {}
    for field in ("summary", "impact", "contributing", "went_well", "lessons"):
        if found := names_within(getattr(post_mortem, field), names):
            problems[field] = [f"{', '.join(found)}: write the role instead, such as 'the first on call'. A post-mortem names nobody."]
    if problems:
        raise InvalidInput("A post-mortem names nobody. Write roles instead of names.", problems)


def publish(post_mortem: PostMortem, *, actor: Any, now: datetime, reason: str = "") -> PostMortem:
    """It is whole, and stays as it is from now on; its actions go on.

    Raises NotAllowed, WrongState when it has ended, InvalidInput for what is missing or names somebody.
    """
    require(actor, CHANGE, post_mortem, to="publish a post-mortem")
    with act("postmortem.published", actor=actor, now=now, subject=post_mortem.incident, why=reason) as running:
        post_mortem = _locked(post_mortem)
        missing = [words for field, words in NEEDED.items() if not visible(getattr(post_mortem, field))]
        if missing:
            raise InvalidInput(f"Before it can be published, write {_listed(missing)}.")
        check_text(post_mortem)
        _end(post_mortem, State.PUBLISHED, actor, now, reason)
        running.details = {"post_mortem": post_mortem.pk, "actions": post_mortem.actions.count()}
    return post_mortem


def waive(post_mortem: PostMortem, *, actor: Any, now: datetime, reason: str) -> PostMortem:
    """None is written, for a stated reason. Raises NotAllowed, InvalidInput without words, WrongState when it has ended or has open actions."""
    require(actor, WAIVE, to="waive a post-mortem")
    reason = checks.clean_reason(reason, what="why none is needed")
    with act("postmortem.waived", actor=actor, now=now, subject=post_mortem.incident, why=reason) as running:
        post_mortem = _locked(post_mortem)
        if post_mortem.actions.filter(state=Settled.OPEN).exists():
            raise WrongState("It has open actions. Settle them first.")
        post_mortem.waiver = reason
        _end(post_mortem, State.WAIVED, actor, now, reason)
        running.details = {"post_mortem": post_mortem.pk}
    return post_mortem


def settle_action(action: PostMortemAction, *, done: bool, actor: Any, now: datetime, reason: str) -> PostMortemAction:
    """It was done, or is dropped, in words that stay. Its owner may, and whoever may change post-mortems.

    Raises NotAllowed, InvalidInput without words, WrongState when it was settled before.
    """
    if action.owner_id != getattr(actor, "pk", None):
        require(actor, CHANGE, action.post_mortem, to="settle an action of somebody else")
    reason = checks.clean_reason(reason, what="what is different now, or why it is dropped")
    with act("postmortem.action_settled", actor=actor, now=now, subject=action.post_mortem.incident, why=reason) as running:
        action = PostMortemAction.objects.select_for_update(of=("self",)).select_related("post_mortem__incident").get(pk=action.pk)
        if action.state != Settled.OPEN:
            raise WrongState(f"It is {action.get_state_display()} already.")
        action.state = Settled.DONE if done else Settled.DROPPED
        action.settled_at, action.settled_by, action.outcome = now, actor, reason
        save_tracked(action, actor=actor, now=now, reason=reason)
        running.details = {"action": action.pk, "state": str(action.state)}
    return action


def remind(*, now: datetime) -> int:
    """Tells the owners of what is overdue, once a week each; how many are overdue."""
    year, week, _ = now.isocalendar()
    late, actions = list(overdue(now.date())), list(overdue_actions(now.date()))
    for post_mortem in late:
        text = f"It was due by {post_mortem.due:%d %b %Y}. Write it and publish it, or ask for a waiver."
        _tell(LATE, post_mortem, post_mortem.owner, f"Overdue: {post_mortem}", text, f"{LATE}-{post_mortem.pk}-{year}-{week}", now)
    for action in actions:
        text = f"'{action.text}' was due by {action.due:%d %b %Y}. Settle it, or say why it is dropped."
        title = f"Overdue: an action from {action.post_mortem.incident.number}"
        _tell(ACTION_LATE, action.post_mortem, action.owner, title, text, f"{ACTION_LATE}-{action.pk}-{year}-{week}", now)
    return len(late) + len(actions)


def _open(incident: Incident, level: int, *, actor: Any, now: datetime, reason: str) -> PostMortem:
    with act("postmortem.opened", actor=actor, now=now, subject=incident, why=reason) as running:
        post_mortem = PostMortem(
            incident=incident,
            level=level,
            owner=_owner(incident),
            due=(now + WITHIN).date(),
            summary=course_of(moments_of(incident)),
            opened_at=now,
        )
        save_tracked(post_mortem, actor=actor, now=now, reason=reason)
        running.details = {"post_mortem": post_mortem.pk, "level": level, "due": post_mortem.due.isoformat()}
        text = f"The escalation reached level {level}. A first draft was made from its course; publish it by {post_mortem.due:%d %b %Y}."
        _tell(
            OPENED, post_mortem, post_mortem.owner, f"Write the post-mortem of {incident.number}", text, f"{OPENED}-{post_mortem.pk}", now
        )
    return post_mortem


def _owner(incident: Incident) -> Any:
    of_policy = incident.policy_version.policy.owner if incident.policy_version else None
    return next((person for person in (incident.service.owner, of_policy) if person is not None and person.is_active), None)


def _end(post_mortem: PostMortem, state: PostMortem.State, actor: Any, now: datetime, reason: str) -> None:
    post_mortem.state, post_mortem.ended_at, post_mortem.ended_by = state, now, actor
    save_tracked(post_mortem, actor=actor, now=now, reason=reason)


def _locked(post_mortem: PostMortem) -> PostMortem:
    found = PostMortem.objects.select_for_update(of=("self",)).select_related("incident__service", "owner").get(pk=post_mortem.pk)
    if found.state != State.DRAFT:
        raise WrongState(f"It is {found.get_state_display()} already.")
    return found


def _tell(kind: str, post_mortem: PostMortem, person: Any, title: str, body: str, key: str, now: datetime) -> None:
    if person is None or not person.is_active:
        return
    queue(
        kind=kind,
        person=person,
        subject_ref=f"incidents.postmortem:{post_mortem.pk}",
        title=title,
        body=body,
        link=f"{settings.PORTAL_URL}/admin/incidents/postmortem/{post_mortem.pk}/change/",
        idempotency_key=key,
        now=now,
        confidential=post_mortem.incident.confidential,
        discreet_title=discreet_title(post_mortem.incident),
    )


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
