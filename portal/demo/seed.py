"""Builds the demo organisation through the services everybody uses: nothing is written past a rule."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from audit.events.services import act
from incidents.models import KnownError, Problem
from policies.governance.services import approve_version, create_draft, submit_version
from policies.models import (
    BusinessUnit,
    Component,
    Criterion,
    CustomerSegment,
    EscalationPolicy,
    LayerMember,
    Level,
    OnCallSchedule,
    PolicyVersion,
    Region,
    Role,
    RotaLayer,
    Runbook,
    SchedulePlan,
    Service,
    Target,
    Team,
    Threshold,
)
from policies.oncall.plans import publish_plan
from portal.foundation.access.roles import ROLES
from portal.foundation.base_models import save_tracked
from portal.foundation.verification import vouch_for
from portal.models import ContactPoint, User

from . import organisation as company

TITLES = {role.key: role.title for role in ROLES}
IN_FORCE_SINCE = timedelta(days=200)
# Short, so that a newcomer can watch a whole escalation; a real policy would say 15 minutes.
WATCHABLE = timedelta(minutes=2)


class Seed:
    """The demo organisation, built at `now` with its past before it."""

    def __init__(self, now: datetime, password: str, phone_port: int) -> None:
        self.now = now
        self.start = now - IN_FORCE_SINCE
        # Hashing is slow on purpose; the demo's people share one password and so one hash.
        self.password = make_password(password)
        self.phone_port = phone_port

    def organisation(self) -> None:
        """Who and what there is; no policy yet."""
        with act("demo.seeded", actor=None, now=self.start, why="A demo organisation for the first look"):
            self.people = {person.username: self.person(person) for person in company.PEOPLE}
            for username, manager in company.MANAGERS:
                self.people[username].manager = self.people[manager]
                self.saved(self.people[username])
            units = {name: self.saved(BusinessUnit(name=name)) for name in company.BUSINESS_UNITS}
            self.teams = {team[0]: self.team(*team, units=units) for team in company.TEAMS}
            self.schedules = {team[0]: self.schedule(team[0], team[2], team[3]) for team in company.TEAMS}
            self.regions = {name: self.saved(Region(name=name)) for name in company.REGIONS}
            self.functions = {name: self.function(*holders) for name, *holders in ((one[0], *one) for one in company.FUNCTIONS)}
            for name, criticality in company.SEGMENTS:
                self.saved(CustomerSegment(name=name, criticality=criticality))
            self.services = {service[1]: self.service(*service, units=units) for service in company.SERVICES}
            self.runbooks = {runbook[0]: self.runbook(*runbook) for runbook in company.RUNBOOKS}
            self.known_error()

    def saved(self, row: Any, *, actor: Any = None) -> Any:
        save_tracked(row, actor=actor, now=self.start, reason="Demo organisation")
        return row

    def person(self, person: company.Person) -> User:
        user = User(
            username=person.username,
            display_name=person.name,
            time_zone=person.time_zone,
            is_staff=person.username in company.SIGN_INS,
            # Whoever decides on a change has an account that is older than the change.
            date_joined=self.start,
        )
        if person.username in company.SIGN_INS:
            user.password = self.password
        else:
            user.set_unusable_password()
        self.saved(user)
        user.groups.add(Group.objects.get(name=TITLES[person.role]))
        phone = ContactPoint(
            person=user, label="phone", channel=ContactPoint.Channel.WEBHOOK, address=phone_address(user, self.phone_port), order=1
        )
        self.saved(phone)
        vouch_for(phone, actor=None, now=self.now, reason="A phone of the demo itself.")
        return user

    def function(self, name: str, holder: str, deputy: str) -> Role:
        role: Role = self.saved(Role(name=name, holder=self.people[holder], deputy=self.people[deputy]))
        return role

    def runbook(self, title: str, steps: str, services: tuple[str, ...]) -> Runbook:
        runbook: Runbook = self.saved(Runbook(title=title, steps=steps, owner=self.people["commander"]))
        for key in services:
            self.services[key].runbooks.add(runbook)
        return runbook

    def team(self, name: str, unit: str, zone: str, members: tuple[str, ...], *, units: dict[str, Any]) -> Team:
        team: Team = self.saved(Team(name=name, business_unit=units[unit], time_zone=zone))
        team.members.set(self.people[person.username] for person in company.PEOPLE if person.team == name)
        return team

    def schedule(self, team: str, zone: str, rotation: tuple[str, ...]) -> OnCallSchedule:
        # Monday of a whole number of rotations ago, so that the first person of each rotation is on duty in the demo's first week.
        monday = (self.now - timedelta(days=self.now.weekday())).date()
        starts_on = monday - timedelta(weeks=30 * len(rotation))
        schedule: OnCallSchedule = self.saved(OnCallSchedule(name=f"{team} rota", team=self.teams[team]))
        plan = self.saved(SchedulePlan(schedule=schedule, number=1, time_zone=zone, author=self.people["manager"]))
        layer = self.saved(RotaLayer(plan=plan, position=1, name="First line", starts_on=starts_on, handover_at=time(0)))
        for position, username in enumerate(rotation, start=1):
            self.saved(LayerMember(layer=layer, position=position, person=self.people[username]))
        publish_plan(plan, actor=self.people["manager"], now=self.start, reason="The first plan of the year.")
        return schedule

    def service(
        self, name: str, key: str, tier: int, unit: str, team: str, regulated: bool, components: tuple[str, ...], *, units: dict[str, Any]
    ) -> Service:
        service: Service = self.saved(
            Service(
                name=name,
                key=key,
                tier=tier,
                business_unit=units[unit],
                team=self.teams[team],
                regulated=regulated,
                owner=self.people["manager"],
            )
        )
        for component in components:
            self.saved(Component(service=service, name=component))
        return service

    def known_error(self) -> None:
        title, symptom, workaround = company.KNOWN_ERROR
        service = self.services["card-payments"]
        problem = self.saved(
            Problem(number="PRB-000001", title=title, service=service, state=Problem.State.KNOWN_ERROR, owner=self.people["commander"])
        )
        error: KnownError = self.saved(KnownError(title=title, problem=problem, symptom=symptom, workaround=workaround))
        error.services.add(service)

    def card_payments(self) -> None:
        policy = self.policy("Card payments escalation", "card-payments")
        version = self.draft(policy, "First version, agreed in the risk committee.", resolve_within=timedelta(hours=4))
        self.level(
            version, 1, "First line, on call", "functional", WATCHABLE, self.schedules["Payments platform"], self.people["omar.haddad"]
        )
        self.level(version, 2, "Incident commander", "functional", WATCHABLE, self.people["commander"], self.people["sofia.rossi"])
        self.level(
            version,
            3,
            "Head of payments",
            "hierarchical",
            timedelta(minutes=5),
            self.functions["Head of payments"],
            owner=self.people["manager"],
            mandates="mobilise_resources, suspend_processes",
            mandate_limits="Overtime and suppliers up to 20,000 EUR an incident. Settlement may be paused for 4 h.",
            mandate_until=(self.now + timedelta(days=300)).date(),
            region=self.regions["Europe"],
            needs_rca=True,
        )
        self.threshold(
            version, "Payments fail for many", "SEV1", 2, "all", ("transaction_failure_percent", "20"), ("affected_users", "5000")
        )
        self.threshold(version, "Payments fail for some", "SEV2", 1, "any", ("transaction_failure_percent", "5"), ("latency_ms", "3000"))
        self.threshold(version, "Payments are slow", "SEV3", 1, "any", ("latency_ms", "1500"))
        self.bring_into_force(version, self.start)

    def instant_transfers(self) -> None:
        policy = self.policy("Instant transfers escalation", "instant-transfers")
        version = self.draft(policy, "First version.", resolve_within=timedelta(hours=8))
        fifteen = timedelta(minutes=15)
        self.level(version, 1, "Ledger, on call", "functional", fifteen, self.schedules["Ledger and settlement"], self.people["liam.chen"])
        self.level(
            version, 2, "Payments platform, on call", "functional", fifteen, self.schedules["Payments platform"], self.people["commander"]
        )
        self.level(version, 3, "Head of payments", "hierarchical", timedelta(minutes=30), self.people["manager"])
        self.threshold(
            version, "Transfers stand still", "SEV1", 2, "any", ("downtime_minutes", "15"), ("transaction_failure_percent", "50")
        )
        self.threshold(version, "Transfers are late", "SEV3", 1, "any", ("latency_ms", "10000"))
        self.bring_into_force(version, self.start)

    def change_waiting_for_approval(self) -> None:
        policy = EscalationPolicy.objects.get(name="Card payments escalation")
        asked = self.now - timedelta(hours=20)
        manager = self.people["manager"]
        version = create_draft(
            policy,
            actor=manager,
            now=asked - timedelta(hours=1),
            reason="Six of nine SEV2 alerts last quarter were short spikes: raise the failure rate and give level 1 more time.",
        )
        with act("version.edited", actor=manager, now=asked, subject=version):
            level = version.levels.get(number=1)
            level.window, level.backup_after = timedelta(minutes=10), timedelta(minutes=4)
            save_tracked(level, actor=manager, now=asked, reason="More time at level 1")
            spikes = Criterion.objects.get(threshold__version=version, threshold__severity="SEV2", measure="transaction_failure_percent")
            spikes.value = Decimal(8)
            save_tracked(spikes, actor=manager, now=asked, reason="Short spikes should not wake people")
        submit_version(version, actor=manager, now=asked, accepted=company.WARNINGS_ACCEPTED)
        # A critical service needs two approvals; one is there, the other waits for the visitor.
        second = self.people["second.approver"]
        if version.approvals_needed > 1:
            approve_version(version, actor=second, now=self.now - timedelta(hours=3), reason="The replay shows what we expected.")

    def policy(self, name: str, key: str) -> EscalationPolicy:
        manager = self.people["manager"]
        with act("policy.created", actor=manager, now=self.start) as running:
            policy = EscalationPolicy(name=name, service=self.services[key], owner=manager, time_zone=company.MADRID)
            running.subject = self.saved(policy, actor=manager)
        return policy

    def draft(self, policy: EscalationPolicy, reason: str, *, resolve_within: timedelta | None) -> PolicyVersion:
        version = create_draft(policy, actor=self.people["manager"], now=self.start, reason=reason)
        version.resolve_within = resolve_within
        return version

    def level(self, version: PolicyVersion, number: int, name: str, kind: str, window: timedelta, *targets: Any, **fields: Any) -> None:
        level = self.saved(
            Level(version=version, number=number, name=name, kind=kind, window=window, backup_after=window / 2, **fields),
            actor=version.author,
        )
        for position, target in enumerate(targets, start=1):
            place = {OnCallSchedule: "schedule", Role: "role_held", Team: "team", User: "person"}[type(target)]
            self.saved(Target(level=level, position=position, **{place: target}), actor=version.author)

    def threshold(
        self, version: PolicyVersion, name: str, severity: str, start_level: int, combine: str, *criteria: tuple[str, str]
    ) -> None:
        threshold = self.saved(
            Threshold(version=version, name=name, severity=severity, start_level=start_level, combine=combine), actor=version.author
        )
        for measure, value in criteria:
            self.saved(Criterion(threshold=threshold, measure=measure, value=Decimal(value)), actor=version.author)

    def bring_into_force(self, version: PolicyVersion, at: datetime) -> None:
        self.saved(version, actor=version.author)
        submit_version(version, actor=version.author, now=at, accepted=company.WARNINGS_ACCEPTED)
        for approver in ("approver", "second.approver")[: version.approvals_needed]:
            approve_version(version, actor=self.people[approver], now=at, reason="Checked against the risk committee's minutes.")


def phone_address(person: User, port: int) -> str:
    return f"http://127.0.0.1:{port}/phones/{person.username}"
