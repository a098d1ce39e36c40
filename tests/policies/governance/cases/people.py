"""Duty, contact points, owners, mandates."""

from dataclasses import replace
from datetime import date, timedelta

from policies.decisions.vocabulary import Mandate

from .base import ANA, GOOD, KIM, LEE, LEVELS, OLGA, SINCE, TOM, Case, Pair, good, knowing, payments_rota, people, rota, saying, without

OWNED = replace(LEVELS[0], owner_id=LEE, owner="Lee")


def mandate(until: date, *gone: int) -> Case:
    held = replace(OWNED, mandates=(Mandate.SUSPEND_PROCESSES,), mandate_until=until)
    return people(replace(GOOD, levels=(held, LEVELS[1])), gone=frozenset(gone))


PEOPLE: dict[str, Pair] = {
    "coverage.gap": (lambda: rota(starts_on=date(2026, 4, 6)), lambda: rota(starts_on=date(2026, 3, 30))),
    "schedule.left": (lambda: without("gone", KIM), good),
    "schedule.no_contact": (lambda: without("unreachable", LEE), good),
    "schedule.clock_change": (
        lambda: knowing(since=SINCE - timedelta(days=30), rotas={7: payments_rota(time_zone="Europe/Madrid")}),
        lambda: rota(time_zone="Europe/Madrid"),
    ),
    "contact.unverified": (lambda: without("unverified", TOM), lambda: without("expired", TOM)),
    "contact.expired": (lambda: without("expired", TOM), lambda: without("unverified", TOM)),
    "owner.left": (lambda: without("gone", OLGA), good),
    "owner.no_contact": (lambda: without("unreachable", OLGA), good),
    "level.owner_left": (
        lambda: people(replace(GOOD, levels=(OWNED, LEVELS[1])), gone=frozenset({LEE})),
        lambda: saying(levels=(OWNED, LEVELS[1])),
    ),
    "mandate.owner_left": (lambda: mandate(date(2027, 1, 1), LEE), lambda: mandate(date(2027, 1, 1), ANA)),
    "mandate.over": (lambda: mandate(date(2026, 3, 31)), lambda: mandate(date(2026, 4, 1))),
    "mandate.ends_soon": (lambda: mandate(date(2026, 6, 30)), lambda: mandate(date(2026, 7, 1))),
}
