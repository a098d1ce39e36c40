"""Reading feedback: what an actor may see, and the words that count."""

from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from audit.retention.models import LegalHold
from portal.foundation.access.checks import visible_to
from portal.foundation.words import counted

from .models import HIGHEST, LOWEST, Feedback, FeedbackWords

VIEW = "incidents.view_feedback"
BESIDE_FEEDBACK = ("incident", "service", "recorded_by", "withdrawn_by")
COUNTING = Q(withdrawn_at__isnull=True)
# More is no line any more.
MOST = 20


def with_words(rows: QuerySet[Feedback]) -> QuerySet[Feedback]:
    """Each with `said`, its words that count, and `said_erased`, whether they were erased."""
    latest = FeedbackWords.objects.filter(feedback=OuterRef("pk")).order_by("-at", "-pk")
    return rows.annotate(said=Subquery(latest.values("text")[:1]), said_erased=Subquery(latest.values("erased")[:1]))


def feedback_for(actor: Any) -> QuerySet[Feedback]:
    """The feedback that `actor` may see, the latest first, with its words."""
    return with_words(visible_to(actor, Feedback.objects.select_related(*BESIDE_FEEDBACK), VIEW)).order_by("-given_on", "-pk")


def words_of(feedback: Feedback) -> str:
    """Its words that count; empty without any, or after they were erased."""
    return feedback.words.order_by("-at", "-pk").values_list("text", flat=True).first() or ""


def hold_on(feedback: Feedback) -> LegalHold | None:
    """A standing hold on everything, on this feedback or on its incident."""
    on = Q(object_model="") | Q(object_model="incidents.feedback", object_pk=str(feedback.pk))
    if feedback.incident_id is not None:
        on |= Q(object_model="incidents.incident", object_pk=str(feedback.incident_id))
    return LegalHold.objects.filter(on, lifted_at=None).order_by("pk").first()


def told_of(incident: Any) -> str:
    """'3 answers, 2 with a number (4, 5), 1 to be looked at', what was withdrawn left out; empty for none. One query."""
    rows = list(incident.feedback.filter(COUNTING).order_by("given_on", "pk").values_list("satisfaction", "outcome")[: MOST + 1])
    if not rows:
        return ""
    numbers = [str(number) for number, _ in rows if number is not None]
    said = counted(len(rows), "answer") if len(rows) <= MOST else f"More than {MOST} answers"
    if numbers and len(rows) <= MOST:
        said += f", {len(numbers)} with a number from {LOWEST} to {HIGHEST} ({', '.join(numbers)})"
    waits = sum(outcome == Feedback.Outcome.WAITING for _, outcome in rows)
    return f"{said}, {waits} to be looked at" if waits and len(rows) <= MOST else said


def waiting(rows: QuerySet[Feedback]) -> QuerySet[Feedback]:
    """Of `rows` those that nobody has looked at yet."""
    return rows.filter(COUNTING, outcome=Feedback.Outcome.WAITING)
