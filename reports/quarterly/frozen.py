"""What signatures freeze, read from the database: the same whenever it is asked, unless somebody got past the guards."""

from typing import Any

from portal.foundation.canonical import content_hash

from .figures import without_floats
from .manifest import content_of, utc
from .models import QuarterlyAction, QuarterlyReview


def facts(review: QuarterlyReview) -> dict[str, Any]:
    """People by their keys, so that a name can be erased and the hash stays."""
    return {
        "review": {
            "key": review.pk,
            "quarter": review.quarter,
            "unit": review.unit_id,
            "unit_name": review.unit_name,
            "units": review.units,
            "parts": review.parts,
            "number": review.number,
            "restates": review.restates_id,
            "reason": review.reason,
            "opened_at": utc(review.opened_at),
            "due_at": utc(review.due_at),
            "known_until": utc(review.known_until),
            "round": review.round,
        },
        "figures": {"sha256": review.figures_sha256, "shown_sha256": content_hash(without_floats(review.figures))},
        "beside": review.beside,
        "agenda": review.agenda,
        "summary": review.summary,
        "findings": [
            {
                "key": one.pk, "pattern": one.key, "kind": one.kind, "rank": one.rank, "title": one.headline, "sentence": one.sentence,
                "proposed": [one.proposed_headline, one.proposed_sentence], "effect": one.effect, "confidence": one.confidence,
                "incidents": one.incidents, "state": one.state, "reason": one.reason, "judged_by": one.judged_by_id,
            }
            for one in review.findings.order_by("pk")
        ],
        "decisions": [
            {
                "key": one.pk, "title": one.question, "finding": one.finding_id, "state": one.state, "outcome": one.outcome,
                "decided_by": one.decided_by_id, "decided_at": utc(one.decided_at) if one.decided_at else None,
            }
            for one in review.decisions.order_by("pk")
        ],
        # What was agreed; how it went on is in the actions' own history.
        "actions": [
            {"key": one.pk, "title": one.title, "finding": one.finding_id, "decision": one.decision_id, "made_by": one.made_by_id}
            for one in review.actions.order_by("pk")
        ],
    }  # fmt: skip


def actions_at_signature(review: QuarterlyReview) -> list[dict[str, Any]]:
    """Owner, day and state as they are when the review is put up; later ones stand in the actions' history."""
    return [
        {"key": one.pk, "owner": one.owner_id, "due_on": one.due_on.isoformat(), "state": one.state}
        for one in QuarterlyAction.objects.filter(review__in=chain(review)).order_by("pk")
    ]


def chain(review: QuarterlyReview) -> list[int]:
    """Its key and those of the statements before it, the first one first."""
    earlier = QuarterlyReview.objects.filter(quarter=review.quarter, unit=review.unit_id, number__lte=review.number)
    return list(earlier.order_by("number").values_list("pk", flat=True))


def told_before(review: QuarterlyReview) -> dict[str, Any]:
    """The manifest of the statement that it restates; empty for the first."""
    return content_of(review.restates.manifest) if review.restates is not None else {}
