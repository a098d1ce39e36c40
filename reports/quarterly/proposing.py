"""From patterns in the quarter to proposed findings."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from portal.foundation.base_models import save_tracked

from .models import QuarterlyFinding, QuarterlyReview
from .people_only import LINE
from .states import FindingState

# What finds patterns: a review in, patterns out, each with key, kind, headline, sentence, effect, confidence, incidents (their numbers) and rank.
Finder = Callable[[QuarterlyReview], Iterable[Any]]
finders: list[Finder] = []


def propose(review: QuarterlyReview, *, now: datetime) -> int:
    """Writes every pattern that the review does not have yet as a proposal, in the order of their ranks; how many."""
    known = set(review.findings.values_list("key", flat=True))
    patterns = [pattern for find in finders for pattern in find(review) if pattern.key[:LINE] not in known]
    for pattern in sorted(patterns, key=lambda each: (each.rank, each.key)):
        headline, sentence = str(pattern.headline)[:LINE], str(pattern.sentence)
        finding = QuarterlyFinding(
            review=review,
            key=str(pattern.key)[:LINE],
            kind=str(pattern.kind)[:60],
            rank=pattern.rank,
            headline=headline,
            sentence=sentence,
            proposed_headline=headline,
            proposed_sentence=sentence,
            effect=str(pattern.effect)[:120],
            confidence=str(pattern.confidence)[:120],
            incidents=list(pattern.incidents),
            state=FindingState.PROPOSED,
            made_at=now,
        )
        save_tracked(finding, actor=None, now=now)
    return len(patterns)
