"""An acknowledged incident that Ana has, and people to whom it may go."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from incidents.escalation.services import acknowledge
from incidents.handoffs.services import offer
from incidents.models import HandOff, Incident
from policies.models import Team
from portal.models import User
from tests.factories import incidents as make
from tests.factories.portal import person
from tests.shared import shared


@dataclass
class Case:
    """Ana Ruiz has it and manages nobody; Tom Berg can take it; Cara Chief commands; Max Meyer manages Tom."""

    now: datetime
    incident: Incident
    ana: User
    tom: User
    cara: User
    max: User

    def after(self, minutes: float) -> datetime:
        return self.now + timedelta(minutes=minutes)

    def offered(self, **fields: object) -> HandOff:
        values: dict[str, object] = {"note": "Restarted the gateway; queue still grows", "actor": self.ana, "now": self.after(2)}
        if "team" not in fields:
            values["to"] = self.tom
        return offer(self.incident, **{**values, **fields})  # type: ignore[arg-type]

    def fresh(self) -> Incident:
        return Incident.objects.get(pk=self.incident.pk)

    def team(self, *members: User, name: str = "Databases") -> Team:
        team = Team.objects.create(name=name)
        team.members.set(members)
        return team


@shared
def case(now: datetime) -> Case:
    return make_case(now)


def make_case(now: datetime) -> Case:
    boss = person("Max Meyer")
    ana, tom = person("Ana Ruiz", roles=("responder",)), person("Tom Berg", roles=("responder",), manager=boss)
    incident = make.incident(now)
    acknowledge(incident, actor=ana, now=now + timedelta(minutes=1))
    return Case(now, incident, ana, tom, person("Cara Chief", roles=("commander",)), boss)
