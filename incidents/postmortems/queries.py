"""Which incidents owe a post-mortem, what is overdue, and what a first draft is made from."""

from datetime import date, datetime, timedelta

from django.db.models import Max, Q, QuerySet

from incidents.escalation.models import EscalationRun, EscalationStep
from incidents.lifecycle.models import OPERATIONAL, Incident
from incidents.lifecycle.states import IncidentState

from .drafting import Moment
from .models import PostMortem, PostMortemAction

FROM_LEVEL = 3
# What was resolved before the portal looked for it, such as before an upgrade, is not asked for any more; by hand it still can be.
LOOK_BACK = timedelta(days=30)
OVER = (IncidentState.RESOLVED.value, IncidentState.CLOSED.value)
_REACHED = Q(runs__steps__action=EscalationStep.Action.LEVEL, runs__track=EscalationRun.Track.TECHNICAL)


def owing(now: datetime) -> QuerySet[Incident]:
    """Incidents resolved within 30 days whose technical escalation reached level 3 or above, without a post-mortem; with `reached`."""
    resolved = Incident.objects.filter(OPERATIONAL, state__in=OVER, resolved_at__gt=now - LOOK_BACK, post_mortem__isnull=True)
    reached = resolved.annotate(reached=Max("runs__steps__level", filter=_REACHED)).filter(reached__gte=FROM_LEVEL)
    return reached.select_related("service__owner", "policy_version__policy__owner").order_by("resolved_at", "pk")


def highest_level(incident: Incident) -> int:
    """The highest level that its technical escalation entered; 0 when it entered none."""
    found = Incident.objects.filter(pk=incident.pk).aggregate(reached=Max("runs__steps__level", filter=_REACHED))
    return found["reached"] or 0


def overdue(today: date) -> QuerySet[PostMortem]:
    """Those being written that should have been published, the oldest first."""
    return PostMortem.objects.filter(state=PostMortem.State.DRAFT, due__lt=today).select_related("incident", "owner").order_by("due", "pk")


def overdue_actions(today: date) -> QuerySet[PostMortemAction]:
    """Open actions whose day has passed, the oldest first; of those still being written too."""
    late = PostMortemAction.objects.filter(state=PostMortemAction.State.OPEN, due__lt=today)
    return late.select_related("post_mortem__incident", "owner").order_by("due", "pk")


def moments_of(incident: Incident) -> list[Moment]:
    """What the engine and the incident's record tell of its course. One query."""
    found = [Moment(incident.opened_at, "opened")]
    if incident.resolved_at is not None:
        found.append(Moment(incident.resolved_at, "resolved"))
    steps = EscalationStep.objects.filter(run__incident=incident, run__track=EscalationRun.Track.TECHNICAL).order_by(
        "at", "sequence", "part"
    )
    level = 0
    for at, action, entered in steps.values_list("at", "action", "level"):
        level = entered or level
        found.append(Moment(at, action, level))
    return found


def names_of_those_involved(incident: Incident) -> list[str]:
    """Everybody who was alerted in it or did something about it, as the record names them. Two queries."""
    steps = EscalationStep.objects.filter(run__incident=incident).values_list("person_name", "actor_name")
    names = {name for row in steps for name in row} | set(incident.timeline.values_list("actor_name", flat=True))
    return sorted(name for name in names if name)
