"""Which values of a measure meet conditions, and when one threshold follows from another. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from policies.decisions.ruleset import CriterionRule, ThresholdRule
from policies.decisions.vocabulary import Comparison

LOWER = (Comparison.AT_LEAST, Comparison.ABOVE)
STRICT = (Comparison.ABOVE, Comparison.BELOW)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of values. No low or high: it has no end there. An open end does not belong to it."""

    low: Decimal | None = None
    low_open: bool = False
    high: Decimal | None = None
    high_open: bool = False

    @property
    def empty(self) -> bool:
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))

    def meet(self, other: "Span") -> "Span":
        """The values in both."""
        lows = [(span.low, span.low_open) for span in (self, other) if span.low is not None]
        highs = [(span.high, not span.high_open) for span in (self, other) if span.high is not None]
        low, low_open = max(lows, default=(None, False))
        high, closed = min(highs, default=(None, True))
        return Span(low, low_open, high, not closed)


def span_of(criterion: CriterionRule) -> Span:
    """The values that meet the condition, whether the measure can have them or not."""
    strict = criterion.comparison in STRICT
    return Span(low=criterion.value, low_open=strict) if criterion.comparison in LOWER else Span(high=criterion.value, high_open=strict)


def range_of(criterion: CriterionRule) -> Span:
    """The values its measure can have: nothing below zero, no share above a hundred, nothing above what the organisation says."""
    highest = criterion.own.highest if criterion.own else Decimal(100) if criterion.words.unit == "%" else None
    return Span(low=Decimal(0), high=highest)


def follows(threshold: ThresholdRule, other: ThresholdRule) -> bool:
    """Whether `other` holds whenever `threshold` does, as far as their conditions show it one by one."""
    if not threshold.criteria or not other.criteria:
        return False
    cases = [threshold.criteria] if threshold.combine == "all" else [(criterion,) for criterion in threshold.criteria]
    enough = all if other.combine == "all" else any
    return all(enough(any(_stricter(mine, theirs) for mine in case) for theirs in other.criteria) for case in cases)


def _stricter(one: CriterionRule, other: CriterionRule) -> bool:
    """Whether `other` holds whenever `one` does: no tighter a value, no shorter a look back, no longer a time to hold."""
    if one.measure != other.measure or (one.comparison in LOWER) != (other.comparison in LOWER):
        return False
    if one.window > other.window or one.for_at_least < other.for_at_least:
        return False
    return span_of(one).meet(span_of(other)) == span_of(one)
