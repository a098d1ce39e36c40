"""What the pack says about reviews of policies and about who knows them. Pure: the same rows give the same section."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.foundation.words import counted, listed
from reports.document import Cell, Column, Kind, Section, Table

from .quarters import Quarter


@dataclass(frozen=True, slots=True)
class ReviewFact:
    """One review of a policy; `decision` and what follows it are empty until it is signed."""

    policy: str
    kind: str
    period: str
    opened_at: datetime
    due_at: datetime
    asked: str
    climbed_to: str
    signed_at: datetime | None
    decision: str
    reason: str
    signed_by: str

    def overdue_at(self, at: datetime) -> bool:
        """Whether it was due and not signed at `at`."""
        return self.due_at <= at and (self.signed_at is None or self.signed_at > at)


@dataclass(frozen=True, slots=True)
class KnowledgeFact:
    """How many of those who must know a policy had accepted its version in force, and were trained where that is wanted."""

    policy: str
    version: int
    must_know: int
    accepted: int
    overdue: int
    training_owed: int


def section_of(quarter: Quarter, reviews: Sequence[ReviewFact], knowledge: Sequence[KnowledgeFact]) -> tuple[Section, ...]:
    """The chapter on reviews and knowledge; none where there is nothing to tell."""
    if not reviews and not knowledge:
        return ()
    paragraphs = (*((_reviews_in_words(quarter, reviews),) if reviews else ()), *((_knowledge_in_words(knowledge),) if knowledge else ()))
    tables = (
        *((_reviews_table(quarter, reviews),) if reviews else ()),
        *((_knowledge_table(knowledge),) if knowledge else ()),
    )
    return (Section("reviews", "Reviews of policies, and who knows them", paragraphs=paragraphs, tables=tables),)


def _reviews_in_words(quarter: Quarter, reviews: Sequence[ReviewFact]) -> str:
    opened = sum(quarter.start <= each.opened_at < quarter.end for each in reviews)
    signed = [each for each in reviews if each.signed_at is not None and quarter.start <= each.signed_at < quarter.end]
    late = sum(each.overdue_at(quarter.end) for each in reviews)
    decisions = [f"{number:,} to {name}" for name, number in sorted(Counter(each.decision for each in signed).items())]
    said = f" ({listed(decisions)})" if decisions else ""
    return (
        f"In the {quarter.words} {counted(opened, 'review was', 'reviews were')} opened and {len(signed):,} signed{said}. "
        f"When it ended, {counted(late, 'review was', 'reviews were')} overdue."
    )


def _knowledge_in_words(knowledge: Sequence[KnowledgeFact]) -> str:
    must, accepted, overdue = (sum(getattr(each, name) for each in knowledge) for name in ("must_know", "accepted", "overdue"))
    return (
        f"Of {counted(must, 'acceptance')} owed when the quarter ended, {accepted:,} {'was' if accepted == 1 else 'were'} given and "
        f"{overdue:,} {'was' if overdue == 1 else 'were'} overdue."
    )


def _reviews_table(quarter: Quarter, reviews: Sequence[ReviewFact]) -> Table:
    columns = (
        Column("policy", "Policy"),
        Column("kind", "Review"),
        Column("period", "Looks at"),
        Column("opened", "Opened", Kind.DATETIME),
        Column("due", "Due", Kind.DATETIME),
        Column("asked", "Asked"),
        Column("climbed_to", "Climbed to"),
        Column("overdue", "Overdue", Kind.YES_NO),
        Column("signed", "Signed", Kind.DATETIME),
        Column("decision", "Decision"),
        Column("signed_by", "By"),
        Column("reason", "Reason"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            each.policy, each.kind, each.period, each.opened_at, each.due_at, each.asked, each.climbed_to or None,
            each.overdue_at(quarter.end), each.signed_at, each.decision or None, each.signed_by or None, each.reason or None,
        )
        for each in reviews
    ]  # fmt: skip
    text = (
        "Reviews that look at the quarter, and those opened, signed or overdue in it. Overdue: due and not signed when the quarter ended."
    )
    return Table("reviews", "Reviews", text, columns, tuple(rows))


def _knowledge_table(knowledge: Sequence[KnowledgeFact]) -> Table:
    columns = (
        Column("policy", "Policy"),
        Column("version", "Version in force", Kind.INTEGER),
        Column("must_know", "Must know it", Kind.INTEGER),
        Column("accepted", "Accepted", Kind.INTEGER),
        Column("overdue", "Overdue", Kind.INTEGER),
        Column("training_owed", "Training missing or expired", Kind.INTEGER),
    )
    rows = tuple((each.policy, each.version, each.must_know, each.accepted, each.overdue, each.training_owed) for each in knowledge)
    text = "The versions in force when the quarter ended and the acceptances given until then, by the duties to know as they are now."
    return Table("knowledge", "Who knows the policies", text, columns, rows)
