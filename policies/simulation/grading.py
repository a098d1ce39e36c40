"""How bad a made-up incident is, by the judgement that counts for real ones, and how it worsens on the way. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from policies.decisions.judgement import SCALES_OF, Facts, Judgement, exception_in_words, judge, tracks_for
from policies.decisions.ruleset import CriterionRule, PolicySnapshot, ThresholdRule
from policies.decisions.severity import Reading
from policies.decisions.vocabulary import Comparison, Priority, Severity, Track

from .script import Line, What

# A severity that the script gives counts like one that a threshold gives: it is the reading of a measure that nothing else reads.
CHOSEN, LASTING = "severity_chosen", timedelta(days=366)
URGENT = frozenset({"SEV1", "SEV2"})


@dataclass(frozen=True, slots=True)
class Grade:
    """How the incident is graded, on what it is known by. `severity` is '' for none; `why` says it in sentences."""

    severity: str
    start_level: int
    priority: int
    facts: Facts
    readings: tuple[Reading, ...] = ()
    chosen: tuple[Severity, ...] = ()
    why: tuple[str, ...] = ()

    @property
    def urgent(self) -> bool:
        """Whether people are reached the way that they chose for what cannot wait."""
        return self.severity in URGENT

    @property
    def words(self) -> str:
        """'SEV2 major, P2 high, starts at level 1'."""
        severity = Severity(self.severity).label if self.severity else "No severity"
        return f"{severity}, {Priority(self.priority).label}, starts at level {self.start_level}"

    def compared_with(self, before: "Grade") -> str:
        """What changed, for one line: 'SEV1 critical, P1 critical, starts at level 2 now'."""
        same = (self.severity, self.start_level, self.priority) == (before.severity, before.start_level, before.priority)
        return "the severity stays" if same else f"{self.words} now"


@dataclass(frozen=True, slots=True)
class Grader:
    """Judges by `rules`. `described` says that a person gave impact and urgency; else they follow from the severity."""

    rules: PolicySnapshot
    described: bool = False

    def opened(self, facts: Facts, lines: Iterable[Line], at: datetime) -> Grade:
        """The grade at the opening, with what the script says of that instant."""
        known = Grade("", 1, 0, facts)
        for line in lines:
            known = _with(known, line, at)
        return self._judged(known, at)

    def again(self, before: Grade, line: Line, at: datetime) -> Grade:
        """The grade after what `line` brings. Severity only worsens and the start level only rises."""
        known = _with(before, line, at)
        if line.what is What.MARK:
            # A marker is no new reading: what thresholds said before stands.
            found = judge(self.rules, known.facts, (), at)
            return replace(known, start_level=_raised(known, found, worse=False), why=(*before.why, *_exceptions(found, before)))
        judged = self._judged(known, at)
        worse = judged.severity and (not before.severity or judged.severity < before.severity)
        return judged if worse else replace(known, severity=before.severity)

    def tracks(self, grade: Grade) -> tuple[Track, ...]:
        """The tracks that should run."""
        return tracks_for(self.rules, grade.facts, Severity(grade.severity) if grade.severity else None)

    def _judged(self, known: Grade, at: datetime) -> Grade:
        rules = replace(self.rules, thresholds=(*self.rules.thresholds, *(_stand_in(severity) for severity in known.chosen)))
        readings = (*known.readings, *(Reading(f"{CHOSEN}_{severity}", Decimal(1), at) for severity in known.chosen))
        found, facts = judge(rules, known.facts, readings, at), known.facts
        if found.severity and not self.described:
            impact, urgency = SCALES_OF[found.severity]
            facts = replace(facts, impact=min(impact, facts.impact), urgency=min(urgency, facts.urgency))
            found = judge(rules, facts, readings, at)
        why = (*(found.verdict.reasons if found.verdict and found.verdict.threshold != CHOSEN else ()), *_exceptions(found))
        severity = found.severity.value if found.severity else known.severity
        return replace(
            known, severity=severity, start_level=_raised(known, found, worse=True), priority=found.priority, facts=facts, why=why
        )


def _stand_in(severity: Severity) -> ThresholdRule:
    """A threshold that the chosen severity breaks. It asks for no start level of its own: the rules of that severity may."""
    given = CriterionRule(f"{CHOSEN}_{severity}", Comparison.AT_LEAST, Decimal(1), LASTING, timedelta())
    return ThresholdRule(CHOSEN, "all", severity, 1, (given,))


def _with(known: Grade, line: Line, at: datetime) -> Grade:
    """What is known once `line` has happened."""
    if line.what is What.SEVERITY:
        return replace(known, chosen=(*known.chosen, Severity(line.value)))
    if line.what is What.MARK:
        return replace(known, facts=_marked(known.facts, line.value))
    measure, value = line.reading
    return replace(known, readings=(*known.readings, Reading(measure, Decimal(value), at)))


def _marked(facts: Facts, marker: str) -> Facts:
    return replace(
        facts,
        personal_data=facts.personal_data or marker == "personal_data",
        regulated=facts.regulated or marker == "regulated",
        data_breach=facts.data_breach or marker == "data_breach",
    )


def _raised(known: Grade, found: Judgement, *, worse: bool) -> int:
    levels = [rule.start_level for rule in found.exceptions] + ([found.start_level] if worse else [])
    return max([known.start_level, *levels])


def _exceptions(found: Judgement, before: Grade | None = None) -> tuple[str, ...]:
    told = tuple(f"Exception '{rule.name}' ({exception_in_words(rule)}) starts at level {rule.start_level}." for rule in found.exceptions)
    return tuple(line for line in told if before is None or line not in before.why)
