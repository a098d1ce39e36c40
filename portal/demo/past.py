"""The demo's past: incidents lived through the real engine at their own times, and two that are live when the newcomer arrives."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal

from audit.events.services import act
from incidents.changes import services as changes
from incidents.changes.following import follow_escalations
from incidents.escalation import services as escalation
from incidents.escalation.engine import run_cycle
from incidents.handoffs import services as hand_offs
from incidents.lifecycle import services as lifecycle
from incidents.models import ChangeRequest, EscalationRun, EscalationStep, Incident, PostMortem, PostMortemAction
from incidents.postmortems import services as post_mortems
from policies.decisions.severity import Reading
from policies.models import Service, Team
from portal.foundation.access.checks import may
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import Conflict
from portal.foundation.outbox.dispatch import deliver_due
from portal.models import User

from . import organisation as company
from .phone import Phones, serve

INCIDENTS = 36
# Every so manieth found nobody quick enough, and went up to level 3.
SELDOM = 9
# From there on changes are frozen.
FROZEN_FROM = 3
# The same past at every seed.
RANDOM_SEED = 20260101


def live_through(now: datetime, phone_port: int) -> None:
    """Plays the past up to `now`, one incident at a time, messages delivered to phones that ring silently."""
    dice = random.Random(RANDOM_SEED)  # noqa: S311
    people = {user.username: user for user in User.objects.all()}
    with _silent_phones(phone_port):
        moments = sorted(now - timedelta(days=dice.uniform(2, 190), minutes=dice.uniform(0, 600)) for _ in range(INCIDENTS))
        for number, opened in enumerate(moments):
            slow = number % SELDOM == SELDOM // 2
            solved = _one(company.PAST[number % len(company.PAST)], opened, people, dice, slow=slow)
            if slow:
                _learn(solved + timedelta(minutes=10), people)
        _acknowledged_and_live(now - timedelta(minutes=50), people)


def open_live(now: datetime) -> Incident:
    """The incident that escalates before the newcomer's eyes: a reading breaks a threshold."""
    service = Service.objects.get(key="card-payments")
    monitoring = User.objects.get(username="commander")
    _, incident = lifecycle.record_reading(
        service, measure="transaction_failure_percent", value=Decimal("9.4"), observed_at=now, actor=monitoring, now=now
    )
    if incident is None:
        raise RuntimeError("The demo's reading broke no threshold.")
    return incident


def _one(
    story: tuple[str, str, int, int, tuple[str, str] | None], opened: datetime, people: dict[str, User], dice: random.Random, *, slow: bool
) -> datetime:
    """One past incident: opened, escalated until somebody who was alerted answers, worked, resolved, mostly closed; when it was resolved."""
    key, title, impact, urgency, read = story
    readings = [Reading(read[0], Decimal(read[1]), opened)] if read else []
    commander = people["commander"]
    incident = lifecycle.open_incident(
        title=title,
        service=Service.objects.get(key=key),
        impact=impact,
        urgency=urgency,
        readings=readings,
        actor=commander,
        now=opened,
    )
    acknowledged = opened + timedelta(seconds=dice.choice([40, 55, 50, 95, 150, 190]))
    if slow:
        acknowledged += timedelta(minutes=45)
    _let_the_engine_run(incident, opened, acknowledged)
    technical = incident.runs.filter(track=EscalationRun.Track.TECHNICAL).first()
    responder = (_last_alerted(technical, "incidents.resolve_incident") if technical else None) or people["responder"]
    escalation.acknowledge(incident, actor=responder, now=acknowledged)
    _other_tracks_answer(incident, acknowledged + timedelta(minutes=dice.choice([2, 9, 14])))
    noted = acknowledged + timedelta(minutes=6)
    lifecycle.add_note(incident, actor=responder, now=noted, text="Looking at the dashboards; started with the last change.")
    if slow:
        _changed(incident, noted + timedelta(minutes=1), people)
    if dice.random() < 0.35:
        responder = _hand_over(incident, responder, noted + timedelta(minutes=3))
    solved = noted + timedelta(minutes=dice.choice([18, 35, 50, 75, 130, 200]))
    escalation.resolve(incident, actor=responder, now=solved, reason="Rolled back and verified with a test transaction.")
    follow_escalations(now=solved + timedelta(minutes=1), from_level=FROZEN_FROM)
    if dice.random() < 0.8:
        lifecycle.close(incident, actor=commander, now=solved + timedelta(hours=20), reason="Confirmed by the caller.")
    return solved


def _changed(incident: Incident, now: datetime, people: dict[str, User]) -> None:
    """Changes are frozen for it, and one begins all the same: every other time nobody was asked first."""
    follow_escalations(now=now, from_level=FROZEN_FROM)
    count = ChangeRequest.objects.count()
    plan = changes.Plan(title=company.CHANGE, kind=ChangeRequest.Kind.NORMAL, services=[incident.service])
    change = changes.record_change(f"CHG-{2041 + count}", plan, source="demo", actor=people["manager"], now=now, reason="Requested.")
    if count % 2:
        changes.approve_emergency(change, actor=people["commander"], now=now, reason=company.CHANGE_APPROVED)
    began = now + timedelta(minutes=4)
    changes.begin_change(change, actor=people["manager"], now=began, reason="" if count % 2 else company.CHANGE_SAID)
    changes.end_change(change, actor=people["manager"], now=began + timedelta(minutes=6))


def _learn(now: datetime, people: dict[str, User]) -> None:
    """Publishes the post-mortem of the incident before, and opens that of the one resolved just now: the latest waits for words."""
    manager = people["manager"]
    for earlier in PostMortem.objects.filter(state=PostMortem.State.DRAFT):
        for field, text in company.LEARNED.items():
            setattr(earlier, field, text)
        with act("postmortem.changed", actor=manager, now=now, subject=earlier, why="Written with those who were there."):
            save_tracked(earlier, actor=manager, now=now, reason="Written with those who were there.")
            action = PostMortemAction(post_mortem=earlier, text=company.ACTION, owner=manager, due=(now + timedelta(days=30)).date())
            save_tracked(action, actor=manager, now=now, reason="Agreed.")
        post_mortems.publish(earlier, actor=manager, now=now)
    post_mortems.open_those_owed(now=now)


def _acknowledged_and_live(opened: datetime, people: dict[str, User]) -> None:
    incident = lifecycle.open_incident(
        title="Transfers to two banks are delayed",
        service=Service.objects.get(key="instant-transfers"),
        impact=2,
        urgency=2,
        actor=people["commander"],
        now=opened,
        description="The banks' connectors answer slowly. No transfer is lost.",
    )
    _let_the_engine_run(incident, opened, opened + timedelta(minutes=3))
    escalation.acknowledge(incident, actor=people["responder"], now=opened + timedelta(minutes=3))
    _other_tracks_answer(incident, opened + timedelta(minutes=8))
    waits = "Both banks were called and look into it. The next call is on the hour; the queue is at 1,200 transfers."
    offered = opened + timedelta(minutes=44)
    hand_offs.offer(incident, to=people["commander"], note=waits, actor=people["responder"], now=offered)
    deliver_due(now=offered)


def _hand_over(incident: Incident, giver: User, at: datetime) -> User:
    """To somebody of another group, who accepts two minutes later."""
    others = Team.objects.exclude(pk=incident.team_id) if incident.team_id is not None else Team.objects.all()
    team = others.filter(members__isnull=False).exclude(members=giver).order_by("name").first()
    receiver = (
        next((person for person in team.members.order_by("pk") if may(person, "incidents.change_incident", incident)), None)
        if team
        else None
    )
    if team is None or receiver is None:
        return giver
    made = hand_offs.offer(incident, to=receiver, team=team, note="The cause is on your side: see the last note.", actor=giver, now=at)
    deliver_due(now=at)
    hand_offs.accept(made, actor=receiver, now=at + timedelta(minutes=2))
    deliver_due(now=at + timedelta(minutes=2))
    return receiver


def _other_tracks_answer(incident: Incident, at: datetime) -> None:
    """Whoever a stakeholder or compliance track alerted takes it."""
    run_cycle(now=at)
    deliver_due(now=at)
    for run in incident.runs.filter(state__in=EscalationRun.LIVE).exclude(track=EscalationRun.Track.TECHNICAL):
        alerted = _last_alerted(run, "incidents.acknowledge_incident")
        if alerted is not None:
            said = "Checked: nothing to report." if run.track == EscalationRun.Track.COMPLIANCE else "Management is informed."
            escalation.acknowledge_track(incident, run.track, actor=alerted, now=at, reason=said)


def _last_alerted(run: EscalationRun, right: str) -> User | None:
    """Whoever was alerted last of those who hold a right."""
    alerted = run.steps.filter(action=EscalationStep.Action.PAGED, person__isnull=False).order_by("-sequence", "-part")
    return next((step.person for step in alerted.select_related("person") if may(step.person, right)), None)


def _let_the_engine_run(incident: Incident, start: datetime, until: datetime) -> None:
    """Runs the engine at each of the incident's own due times before `until`, delivering as it goes."""
    at = start + timedelta(seconds=1)
    while at < until:
        run_cycle(now=at)
        deliver_due(now=at)
        run = EscalationRun.objects.filter(incident=incident, state__in=EscalationRun.LIVE).first()
        if run is None or run.next_run_at is None:
            return
        at = max(run.next_run_at, at + timedelta(seconds=1))


@contextmanager
def _silent_phones(port: int) -> Iterator[None]:
    try:
        server = serve(port, Phones(), quiet=True)
    except (OSError, OverflowError):
        raise Conflict(
            f"The demo's phones cannot listen on port {port}: it is in use, or no port. Choose another with --phone-port."
        ) from None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
