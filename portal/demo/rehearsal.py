"""The demo's next drill: planned, with somebody who takes part, somebody who was asked, and a failure on purpose."""

from datetime import timedelta

from audit.events.services import act
from incidents.drills.services import ask_participants, check_plan, consent
from incidents.models import Drill, DrillFailure, DrillPart

from .seed import Seed


def plant(seed: Seed) -> None:
    """Next week, for card payments; the commander has agreed, the responder has not answered yet."""
    people, made = seed.people, seed.now - timedelta(hours=2)
    begins = (seed.now + timedelta(days=7)).replace(minute=0, second=0, microsecond=0)
    drill = Drill(
        title="Card payments fail, and the first on call does not answer",
        service=seed.services["card-payments"],
        severity="SEV2",
        goal="Show that the second level is reached within the promised time when the first on call is away.",
        planned_for=begins,
        ends_by=begins + timedelta(hours=2),
        planned_by=people["manager"],
    )
    check_plan(drill, now=made)
    with act("drill.created", actor=people["manager"], now=made, why="Due every quarter.") as running:
        running.subject = seed.saved(drill, actor=people["manager"])
        for username in ("commander", "responder"):
            seed.saved(DrillPart(drill=drill, person=people[username]), actor=people["manager"])
        seed.saved(DrillFailure(drill=drill, kind=DrillFailure.Kind.AWAY, person=people["responder"]), actor=people["manager"])
    ask_participants(drill, actor=people["manager"], now=made)
    consent(drill, actor=people["commander"], now=made + timedelta(minutes=10))
