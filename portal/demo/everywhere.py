"""The demo's policy for the whole organisation: what holds wherever no narrower policy says something."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from audit.events.services import act
from policies.models import (
    AnnouncementProtocol,
    BusinessThreshold,
    EscalationPolicy,
    ExceptionRule,
    MessageTemplate,
    PolicyVersion,
    PriorityCell,
)

from . import organisation as company
from .seed import Seed

NAME = "Everywhere"
ONE_HOUR = timedelta(hours=1)


def plant(seed: Seed) -> None:
    """Matrix, business impact, exceptions, the stakeholder and the compliance track, messages and announcements; in force from the start."""
    owner = seed.people["second.approver"]
    with act("policy.created", actor=owner, now=seed.start) as running:
        policy = EscalationPolicy(name=NAME, scope="global", owner=owner, time_zone=company.MADRID)
        running.subject = seed.saved(policy, actor=owner)
    version = seed.draft(policy, "What holds everywhere, agreed with risk, legal and communications.", resolve_within=None)
    _severity(seed, version)
    _tracks(seed, version)
    _words(seed, version)
    seed.bring_into_force(version, seed.start)


def _severity(seed: Seed, version: PolicyVersion) -> None:
    def add(row: Any) -> None:
        seed.saved(row, actor=version.author)

    for impact, row in enumerate(company.MATRIX, start=1):
        for urgency, priority in enumerate(row, start=1):
            add(PriorityCell(version=version, impact=impact, urgency=urgency, priority=priority))
    add(
        BusinessThreshold(
            version=version,
            name="Losing more than 10,000 EUR an hour",
            measure="revenue_loss_per_hour",
            value=Decimal(10_000),
            currency="EUR",
            impact=1,
        )
    )
    add(BusinessThreshold(version=version, name="Vital customers are hit", measure="segment_criticality", value=Decimal(3), impact=1))
    review = (seed.now + timedelta(days=120)).date()
    add(
        ExceptionRule(
            version=version,
            name="Data may have leaked",
            indicator="data_breach",
            start_level=2,
            rationale="The clock of the law starts with the first suspicion; nobody waits for a threshold.",
            owner=seed.people["lena.brandt"],
            review_on=review,
        )
    )
    add(
        ExceptionRule(
            version=version,
            name="Rollout under watch",
            indicator="label",
            label="rollout",
            start_level=2,
            rationale="The incident commander decides at once whether to roll back.",
            owner=seed.people["commander"],
            review_on=review,
        )
    )


def _tracks(seed: Seed, version: PolicyVersion) -> None:
    communications, officer = seed.functions["Head of communications"], seed.functions["Data protection officer"]
    quarter = timedelta(minutes=15)
    seed.level(version, 1, "Operations, on call", "functional", quarter, seed.teams["Card operations"], seed.people["responder"])
    seed.level(version, 2, "Incident commander", "hierarchical", quarter, seed.people["commander"], seed.people["manager"])
    seed.level(version, 1, "Communications", "functional", timedelta(minutes=30), communications, track="stakeholder")
    seed.level(
        version, 2, "Management", "hierarchical", ONE_HOUR, seed.people["second.approver"], seed.people["manager"], track="stakeholder"
    )
    seed.level(
        version,
        1,
        "Data protection",
        "functional",
        ONE_HOUR,
        officer,
        track="compliance",
        runbook=seed.runbooks["Personal data may have leaked"],
    )
    seed.level(
        version, 2, "Management", "hierarchical", ONE_HOUR, seed.people["second.approver"], seed.people["manager"], track="compliance"
    )


def _words(seed: Seed, version: PolicyVersion) -> None:
    told = (
        (
            "stakeholder",
            "executive",
            "{{ incident.severity }} at {{ incident.service }}",
            "{{ incident.title }}\nOpen since {{ incident.opened_at }}, {{ incident.state }}.\nYou are asked as {{ level.name }}. {{ incident.link }}",
        ),
        (
            "compliance",
            "technical",
            "Legal check: {{ incident.service }}",
            "{{ incident.number }} may touch personal data or a regulated workload.\nDecide whether it must be reported. {{ incident.link }}",
        ),
    )
    for track, audience, subject, body in told:
        seed.saved(MessageTemplate(version=version, track=track, audience=audience, subject=subject, body=body), actor=version.author)
    seed.saved(
        AnnouncementProtocol(
            version=version,
            severity="SEV1",
            audience="external",
            role_held=seed.functions["Head of communications"],
            channels="status page, press office",
            first_within=timedelta(minutes=30),
            repeat_every=ONE_HOUR,
        ),
        actor=version.author,
    )
    seed.saved(
        AnnouncementProtocol(
            version=version,
            severity="SEV2",
            audience="executive",
            role_held=seed.functions["Head of communications"],
            channels="telephone conference, e-mail",
            first_within=timedelta(minutes=30),
            repeat_every=2 * ONE_HOUR,
        ),
        actor=version.author,
    )
