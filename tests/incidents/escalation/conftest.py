"""A small organisation with a policy in force, and the engine's clock turned by hand."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from incidents.escalation.engine import CycleResult, run_cycle
from incidents.models import EscalationRun, EscalationStep, Incident
from policies.models import PolicyVersion, Service
from portal.models import User
from tests.factories import policies as factory
from tests.factories.incidents import incident
from tests.factories.portal import contact, person
from tests.shared import shared


@dataclass
class Scene:
    """Level 1: Ana, then Tom after 5 min; level 2: Kim. Windows of 15 min. Olga owns the policy."""

    now: datetime
    service: Service
    version: PolicyVersion
    ana: User
    tom: User
    kim: User
    olga: User

    def open(self, **fields: object) -> Incident:
        return incident(self.now, service=self.service, **fields)

    def after(self, minutes: float) -> datetime:
        return self.now + timedelta(minutes=minutes)

    def engine(self, minutes: float = 0) -> CycleResult:
        return run_cycle(now=self.after(minutes))


@shared
def scene(now: datetime) -> Scene:
    return make_scene(now)


def make_scene(now: datetime, **version: object) -> Scene:
    people = {name: person(f"{name} Person", roles=("responder",)) for name in ("Ana", "Tom", "Kim", "Olga")}
    for someone in people.values():
        contact(someone)
    service = factory.service("Card payments")
    draft = factory.draft(factory.policy(service, owner=people["Olga"]), now=now - timedelta(days=1))
    for field, value in version.items():
        setattr(draft, field, value)
    draft.save()
    factory.level(draft, 1, people["Ana"], people["Tom"])
    factory.level(draft, 2, factory.schedule(people["Kim"], name="Managers"))
    approved = factory.approve(draft, now=now - timedelta(days=1))
    return Scene(now, service, approved, people["Ana"], people["Tom"], people["Kim"], people["Olga"])


def run_of(of: Incident) -> EscalationRun:
    return EscalationRun.objects.filter(incident=of).latest("opening")


def alerted(of: Incident) -> list[str]:
    """First names in the order they were alerted."""
    steps = EscalationStep.objects.filter(run__incident=of, action="paged").order_by("run", "sequence", "part")
    return [step.person_name.split()[0] for step in steps]


def story(of: Incident) -> list[str]:
    return list(of.timeline.filter(kind__in=["escalation", "delivery"]).order_by("at", "id").values_list("text", flat=True))
