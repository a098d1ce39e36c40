"""From what stands out in the figures to proposed findings."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.foundation.base_models import save_tracked
from reports.patterns.pattern import Confidence, Effect

from .models import QuarterlyFinding, QuarterlyReview
from .people_only import LINE
from .states import FindingState


def patterns_in(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The patterns that the figures themselves name, so that the review says what the report says."""
    found: list[dict[str, Any]] = content.get("patterns", {}).get("found", [])
    return found


def propose(review: QuarterlyReview, content: Mapping[str, Any], *, now: datetime) -> int:
    """Writes every pattern that the review does not have yet as a proposal, in the order of their ranks; how many."""
    known = set(review.findings.values_list("key", flat=True))
    patterns = [pattern for pattern in patterns_in(content) if pattern["key"][:LINE] not in known]
    for pattern in sorted(patterns, key=lambda each: (each["rank"], each["key"])):
        sentence = " ".join((pattern["sentence"], *pattern["also"]))
        finding = QuarterlyFinding(
            review=review,
            key=pattern["key"][:LINE],
            kind=pattern["kind"][:60],
            rank=pattern["rank"],
            headline=pattern["headline"][:LINE],
            sentence=sentence,
            proposed_headline=pattern["headline"][:LINE],
            proposed_sentence=sentence,
            effect=str(Effect(**pattern["effect"]))[:120],
            confidence=str(Confidence(**pattern["confidence"]))[:120],
            incidents=list(pattern["incidents"]),
            state=FindingState.PROPOSED,
            made_at=now,
        )
        save_tracked(finding, actor=None, now=now)
    return len(patterns)
