"""What stands beside a review: figures and lists that apps register here, as reviews know no incidents.

Live until the review is signed, frozen with it then. Everything is plain data that has a canonical form.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from policies.governance.queries import version_in_force
from policies.pathways.models import EscalationPolicy
from portal.foundation.registry import Registry

from .models import PolicyReview
from .periods import Period, Rhythm, before, quarters_within

# What a reader asks first stands first; sections that are not named here follow.
ORDER = ("incidents", "escalations", "now", "changes", "surroundings")
# A list shows this many; the rest are counted.
MOST_LISTED = 25


@dataclass(frozen=True, slots=True)
class Figure:
    """A row of numbers, one a period; None where nothing is recorded that could be counted. `note` says what it counts."""

    what: str
    values: tuple[int | None, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Things in words, the first MOST_LISTED of `total`; `empty` is what no things means."""

    title: str
    items: tuple[str, ...]
    total: int
    empty: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the evidence: figures under the periods' columns, then lists."""

    key: str
    title: str
    figures: tuple[Figure, ...] = ()
    listings: tuple[Listing, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What a provider is asked: about which policy, for which periods (the reviewed one last), as of when.

    `version_ids` are the policy's own, `current` the version in force now.
    """

    policy: EscalationPolicy
    periods: tuple[Period, ...]
    now: datetime
    version_ids: frozenset[int]
    current: Any

    @property
    def reviewed(self) -> Period:
        return self.periods[-1]

    @property
    def first(self) -> datetime:
        """The first instant of the earliest period."""
        return min(period.start for period in self.periods)


Provider = Callable[[Question], Sequence[Section]]
providers: Registry[Provider] = Registry("provider of evidence")


def evidence_of(review: PolicyReview, now: datetime) -> dict[str, Any]:
    """The evidence of `review`: as it was signed, or as it is at `now`. A constant number of queries."""
    if review.evidence is not None:
        frozen: dict[str, Any] = review.evidence
        return frozen
    return gathered(review, now)


def gathered(review: PolicyReview, now: datetime) -> dict[str, Any]:
    """The evidence as it is at `now`, as plain data: columns, then sections."""
    periods = looked_at(review)
    policy = review.policy
    question = Question(
        policy=policy,
        periods=periods,
        now=now,
        version_ids=frozenset(policy.versions.values_list("pk", flat=True)),
        current=version_in_force(policy, now),
    )
    sections = [section for _, provider in providers for section in provider(question)]
    sections.sort(key=lambda section: ORDER.index(section.key) if section.key in ORDER else len(ORDER))
    return {
        "as_of": now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "columns": [period.name for period in periods],
        "sections": [_plain(section) for section in sections],
    }


def looked_at(review: PolicyReview) -> tuple[Period, ...]:
    """The reviewed period last. Before it: for a quarter the one before, for a year the year before and its own quarters."""
    zone = ZoneInfo(review.policy.time_zone)
    reviewed = Period(review.period, review.period_start, review.period_end)
    if review.kind == PolicyReview.Kind.THRESHOLDS:
        return before(Rhythm.QUARTERLY, reviewed, zone), reviewed
    return before(Rhythm.YEARLY, reviewed, zone), *quarters_within(reviewed, zone), reviewed


def listing(title: str, items: Sequence[str], empty: str) -> Listing:
    """A list cut to what a reader takes in."""
    return Listing(title, tuple(items[:MOST_LISTED]), len(items), empty)


def _plain(section: Section) -> dict[str, Any]:
    plain = asdict(section)
    plain["figures"] = [{**figure, "values": list(figure["values"])} for figure in plain["figures"]]
    plain["listings"] = [{**each, "items": list(each["items"])} for each in plain["listings"]]
    return plain
