"""What the checks have to say about a set of rules."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from .checklist import CHECKS, Check, Weight
from .scopes import Source

__all__ = ["CHECKS", "Check", "Finding", "Weight", "elsewhere", "found", "heaviest_first", "of_weight"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark: which check speaks, how heavily, about which place, in words, and what to do (empty for most notes).

    `inherited` names the broader policy's version that it speaks of; empty for what the version itself says.
    """

    id: str
    weight: Weight
    place: str
    text: str
    remedy: str
    inherited: str = ""

    @property
    def blocking(self) -> bool:
        return self.weight is Weight.ERROR

    @property
    def in_words(self) -> str:
        """Words and remedy, for where there is one line only."""
        return f"{self.text} {self.remedy}".rstrip()


def found(check: str, place: str, text: str) -> Finding:
    """A finding of the check with this id; weight and remedy are the check's."""
    known = CHECKS[check]
    return Finding(known.id, known.weight, place, text, known.remedy)


def elsewhere(finding: Finding, source: Source) -> Finding:
    """The same about a part that a broader policy says. It cannot be put right here, so it blocks nothing here."""
    weight = Weight.WARNING if finding.blocking else finding.weight
    said = f"{finding.text} {source.name} says so, which speaks for {source.scope.label}."
    return replace(finding, weight=weight, text=said, inherited=source.name)


def heaviest_first(findings: Iterable[Finding]) -> list[Finding]:
    """Errors, warnings, notes; within each in the order they were made."""
    order = list(Weight)
    return sorted(findings, key=lambda finding: order.index(finding.weight))


def of_weight(findings: Iterable[Finding], weight: Weight) -> list[Finding]:
    """Only those that weigh this much."""
    return [finding for finding in findings if finding.weight is weight]
