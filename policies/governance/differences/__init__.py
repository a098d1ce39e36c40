"""What changes from one content of a policy to another, field by field, in words.

Writes: nothing; it is pure.
Reads: two snapshots.
Never: counts a name. Who or what is meant counts, so somebody renamed is no change of the rules; only a measure is what it is called.
"""

from collections.abc import Iterator

from policies.decisions.ruleset import NOTHING, PolicySnapshot
from policies.decisions.vocabulary import Track

from .changes import Change
from .criteria import criteria_changes, criterion_in_words, in_words, measure_changes
from .impact import business_changes, exception_changes, matrix_changes
from .pathway import milestone_changes, severity_rule_changes, stakeholder_changes, track_changes
from .wording import announcement_changes, message_changes

__all__ = ["Change", "changes", "criterion_in_words", "differences", "in_words"]


def changes(before: PolicySnapshot | None, after: PolicySnapshot) -> list[Change]:
    """What `after` changes of `before`, section by section; without a before, what it brings. Empty when they say the same."""
    return list(_all(before or NOTHING, after))


def differences(before: PolicySnapshot | None, after: PolicySnapshot) -> list[str]:
    """The same as sentences."""
    return [change.words for change in changes(before, after)]


def _all(before: PolicySnapshot, after: PolicySnapshot) -> Iterator[Change]:
    yield from milestone_changes(before, after)
    yield from track_changes(before, after, Track.TECHNICAL)
    yield from severity_rule_changes(before, after)
    yield from stakeholder_changes(before, after)
    yield from track_changes(before, after, Track.STAKEHOLDER)
    yield from track_changes(before, after, Track.COMPLIANCE)
    yield from criteria_changes(before, after)
    yield from measure_changes(before, after)
    yield from business_changes(before, after)
    yield from matrix_changes(before, after)
    yield from exception_changes(before, after)
    yield from message_changes(before, after)
    yield from announcement_changes(before, after)
