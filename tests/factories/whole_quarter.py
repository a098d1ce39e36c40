"""A quarter with something for every chapter of its pack, the same rows with the same keys on either database, whatever ran before."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection

from incidents.changes.freezing import freeze_for
from incidents.changes.services import Plan, begin_change, record_change
from incidents.escalation import services as escalation
from incidents.escalation.engine import run_cycle
from incidents.feedback.services import Given, record
from incidents.models import Incident, PostMortem, PostMortemAction, TimelineEntry
from incidents.postmortems.services import open_those_owed, publish
from policies.attestations.services import accept_version
from policies.models import BusinessUnit, KnowledgeDuty, PolicyVersion, Service, Team
from policies.reviews.services import open_due_reviews
from policies.reviews.services import sign_review as sign_policy_review
from portal.models import User
from reports.models import QuarterlyReview
from reports.packs.quarters import Quarter
from reports.quarterly.deciding import ask_decision, take_decision
from reports.quarterly.judging import accept_finding, add_finding
from reports.quarterly.opening import open_review
from tests.factories import policies as make
from tests.factories import quarterly as made
from tests.factories.incidents import incident
from tests.factories.portal import contact, person

QUARTER = Quarter(2026, 1)
BEGINS = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
AFTER = datetime(2026, 4, 2, 9, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
# What another database, another language or another program would read in a way of its own.
HOSTILE = "=cmd|' /C calc'!A0 عربي 🔥 <b>"
TIED = ("inc-2", "INC9", "Inc-10", "ÄNC", "inc_1", "INC 3", "عربي")
LEVELS = (("Ana", "Bela"), ("Cem", "Dora"), ("Ewa", "Finn"))
SLOW, QUICK = 60, 180


def reviewed() -> QuarterlyReview:
    """The signed review of the whole organisation, for which the figures were frozen; its pack is still to be made."""
    keys_from_the_beginning()
    unit = BusinessUnit.objects.create(name="Payments")
    services = {
        name: Service.objects.create(name=name, key=key, business_unit=unit) for name, key in (("Cards", "cards"), ("Mail", "mail"))
    }
    services["İstanbul ıslak ß"] = Service.objects.create(name="İstanbul ıslak ß", key="odd")
    version = _policy(services["Cards"])
    _imported(services)
    _escalated(services["Cards"])
    _known(version)
    _said(services)
    return _signed()


def keys_from_the_beginning() -> None:
    """The next row of each table gets the first free key: what is signed names keys, and so hangs on how many rows were there before."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DELETE FROM sqlite_sequence")
            return
        cursor.execute("SELECT table_name, column_name FROM information_schema.columns WHERE is_identity = 'YES'")
        for table, column in cursor.fetchall():
            cursor.execute(f'SELECT coalesce(max("{column}"), 0) + 1 FROM "{table}"')  # noqa: S608 (our own tables)
            cursor.execute(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" RESTART WITH {cursor.fetchone()[0]}')


def _policy(service: Service) -> PolicyVersion:
    """Three levels of two people each, who are a team."""
    people = {name: _named(name, roles=("responder",)) for level in LEVELS for name in level}
    for each in people.values():
        contact(each)
    Team.objects.create(name="Card desk").members.set(people.values())
    for name in ("Gil", "Hua"):
        _named(name, roles=("approver",))
    owner = _named("Olga", roles=("manager",))
    draft = make.draft(make.policy(service, owner=owner, name="Cards"), author=owner, now=BEGINS - 2 * DAY)
    for number, names in enumerate(LEVELS, start=1):
        make.level(draft, number, *(people[name] for name in names))
    return make.approve(draft, now=BEGINS - 2 * DAY)


def _named(name: str, **fields: Any) -> User:
    return person(name, username=name.lower(), **fields)


def _imported(services: dict[str, Service]) -> None:
    """One service is slower than another, over the whole quarter; some go from group to group; some are of one moment."""
    rows = []
    for name, many, hours in (("Mail", SLOW, 30), ("İstanbul ıslak ß", QUICK, 2)):
        for place in range(many):
            opened = BEGINS + timedelta(minutes=97 * place * (QUICK // many))
            rows.append(
                _row(f"{name[:3]}-{place:04d}", services[name], opened, resolved=opened + timedelta(hours=hours, seconds=61 * (place % 17)))
            )
    rows += [_row(number, services["Mail"], BEGINS + 40 * DAY, resolved=None) for number in TIED]
    Incident.objects.bulk_create(rows)
    for moved in Incident.objects.filter(number__in=["Mai-0001", "Mai-0002"]).order_by("number"):
        for step, (one, two) in enumerate((("A", "B"), ("B", "A"), ("A", "B"))):
            at = moved.opened_at + step * MINUTE
            TimelineEntry.objects.create(
                incident=moved,
                kind="assigned",
                at=at,
                recorded_at=at,
                actor_name="x",
                text="Moved",
                data={"from": one, "to": two},
                imported=True,
            )


def _row(number: str, service: Service, opened: datetime, *, resolved: datetime | None) -> Incident:
    return Incident(
        number=number, title=HOSTILE, service=service, origin=Incident.Origin.IMPORTED, priority=3, opened_at=opened, resolved_at=resolved,
        acknowledged_at=opened + 5 * MINUTE, state="resolved" if resolved else "in_progress", made_sla=service.name != "Mail",
    )  # fmt: skip


def _escalated(service: Service) -> None:
    """Lived through by the engine: some answered at once, some late, and the first found nobody and is learned from."""
    by_name = {user.username: user for user in User.objects.all()}
    for day in range(8):
        opened = BEGINS + day * 3 * DAY + timedelta(hours=day * 3)
        each = incident(opened, service=service, title=f"{HOSTILE} {day}")
        # The engine looks late, once.
        looks = (0, 5, 15, 20, 30, 35, 45, 60) if day % 3 == 0 else (0, 9) if day == 4 else (0,)
        for minute in looks:
            run_cycle(now=opened + minute * MINUTE)
        answered = opened + (looks[-1] + 2) * MINUTE
        if day == 0:
            _changed(each, by_name["olga"], answered - MINUTE)
        name = "ewa" if day % 3 == 0 else "ana"
        escalation.acknowledge(each, actor=by_name[name], now=answered)
        escalation.resolve(each, actor=by_name[name], now=answered + 20 * MINUTE, reason="Rolled back.")
    _learned(by_name["olga"])


def _changed(subject: Incident, owner: User, at: datetime) -> None:
    """A change began although its service was frozen for the incident."""
    freeze_for(subject, actor=owner, now=at, reason=HOSTILE)
    change = record_change("CHG-1", Plan(title=HOSTILE, services=[subject.service]), actor=owner, now=at)
    begin_change(change, actor=owner, now=at + MINUTE, reason=HOSTILE)


def _learned(owner: User) -> None:
    """Of two that found nobody at first one is published with an action, and one is still owed."""
    now = BEGINS + 30 * DAY
    open_those_owed(now=now)
    first = PostMortem.objects.order_by("pk").first()
    assert first is not None
    first.summary, first.contributing, first.lessons = "Cards failed.", "A certificate ran out.", f"Watch certificates. {HOSTILE}"
    first.save()
    PostMortemAction.objects.create(post_mortem=first, text="An alarm a month before", owner=owner, due=date(2026, 3, 1))
    publish(first, actor=owner, now=now + DAY)


def _known(version: PolicyVersion) -> None:
    """Two must know the policy and one accepted it; its review after the quarter is signed."""
    for name in ("ana", "cem"):
        duty = KnowledgeDuty(policy=version.policy, person=User.objects.get(username=name), needs_training=True)
        duty._history_date = BEGINS  # type: ignore[attr-defined]
        duty.save()
    accept_version(version, actor=User.objects.get(username="ana"), now=BEGINS + DAY, content_sha256=version.content_sha256)
    for review in open_due_reviews(now=QUARTER.end):
        sign_policy_review(review, actor=version.policy.owner, now=QUARTER.end + DAY, decision="keep", reason=HOSTILE)


def _said(services: dict[str, Service]) -> None:
    """By customers and a team, with a number, with words, with both; in the quarter and in the one before."""
    gita = _named("Gita", is_superuser=True)
    for day, (giver, satisfaction, text, name) in enumerate(
        (
            ("customer", 2, HOSTILE, "Cards"), ("customer", 4, "", "Cards"), ("team", None, "The runbook is old.", "Mail"),
            ("stakeholder", 5, "Told in time.", "Mail"), ("customer", 1, "عربي", "Mail"),
        )
    ):  # fmt: skip
        given = Given(giver, (BEGINS + day * DAY).date(), "survey", satisfaction, text, None, services[name])
        record(given, actor=gita, now=BEGINS + 60 * DAY)
    before = Given("customer", date(2025, 11, 3), "call", 3, "", None, services["Cards"])
    record(before, actor=gita, now=BEGINS)


def _signed() -> QuarterlyReview:
    cora, mona, rolf = _named("Cora", roles=("compliance",)), _named("Mona", roles=("manager",)), _named("Rolf", roles=("approver",))
    second = _named("Ozan", roles=("compliance",))
    review = open_review(QUARTER, None, actor=cora, now=AFTER, reason="The meeting is tomorrow.")
    for proposed in review.findings.order_by("pk"):
        accept_finding(proposed, actor=cora, now=AFTER)
    finding = add_finding(review, headline=HOSTILE, sentence="Mostly after 22:00.", incidents="Mai-0001", actor=cora, now=AFTER)
    decision = ask_decision(review, question="A second person?", finding=finding, actor=cora, now=AFTER)
    take_decision(decision, actor=mona, now=AFTER, reason=f"Yes. {HOSTILE}")
    made.action(review, cora, mona)
    made.signed(review, cora, second, mona, rolf)
    return review
