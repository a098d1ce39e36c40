"""What the checks have to say about a set of rules, and the list of everything they can say."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Weight(StrEnum):
    """What a finding does: an error blocks submission, a warning has to be accepted in words, a note informs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def label(self) -> str:
        return {"error": "To be put right", "warning": "To be accepted", "note": "Good to know"}[self.value]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is looked at. `id` never changes its meaning: accepted warnings are kept by it."""

    id: str
    weight: Weight
    says: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark: which check speaks, how heavily, about which place, in words, and what to do (empty for most notes)."""

    id: str
    weight: Weight
    place: str
    text: str
    remedy: str

    @property
    def blocking(self) -> bool:
        return self.weight is Weight.ERROR

    @property
    def in_words(self) -> str:
        """Words and remedy, for where there is one line only."""
        return f"{self.text} {self.remedy}".rstrip()


ERROR, WARNING, NOTE = Weight.ERROR, Weight.WARNING, Weight.NOTE

# Every check, in the order of docs/rules/checks.md.
CHECKS: dict[str, Check] = {
    check.id: check
    for check in (
        Check(
            "level.none", ERROR, "The policy has no level: nobody would be alerted.", "Add a level with at least one person or schedule."
        ),
        Check("level.numbers", ERROR, "The numbers of the levels have gaps.", "Number them 1, 2, 3, … without gaps."),
        Check("level.no_people", ERROR, "A level alerts nobody.", "Add a person or an on-call schedule, or remove the level."),
        Check(
            "level.nobody_left",
            ERROR,
            "Everybody a level alerts has left, or stands behind a schedule with nobody in it.",
            "Choose somebody who is there, or fill the schedule.",
        ),
        Check(
            "level.unreachable",
            WARNING,
            "Nobody whom a level alerts has an active contact point: the engine would pass it over.",
            "Ask at least one of them to add a contact point.",
        ),
        Check("level.one_person", WARNING, "A level rests on one person.", "Add a backup, or a schedule with several people."),
        Check(
            "level.window_past_milestone",
            WARNING,
            "A level's window is longer than the resolution milestone, which takes the incident up before the window is over.",
            "Shorten the window or move the milestone.",
        ),
        Check("target.left", WARNING, "One of a level's people can no longer sign in.", "Choose somebody else."),
        Check(
            "target.empty_schedule", WARNING, "One of a level's schedules has an empty rotation.", "Fill the schedule or choose another."
        ),
        Check(
            "target.no_contact",
            WARNING,
            "One of a level's people has no active contact point, so no alert can reach them.",
            "Ask them to add one, or choose somebody else.",
        ),
        Check(
            "target.twice",
            WARNING,
            "Somebody stands in a level twice: the second alert is no backup.",
            "Put somebody else in one of the places.",
        ),
        Check(
            "target.adjacent",
            WARNING,
            "Somebody stands in two levels that follow each other: moving up alerts nobody new in that place.",
            "Put somebody else in one of the levels.",
        ),
        Check(
            "target.never_reached",
            ERROR,
            "A backup would never be alerted: the level's window is over before.",
            "Make the window longer or the wait shorter.",
        ),
        Check("threshold.none", WARNING, "There is no threshold: readings never declare an incident, people have to.", "Add a threshold."),
        Check(
            "threshold.no_condition",
            ERROR,
            "A threshold has no condition, so it can never hold.",
            "Add a condition or remove the threshold.",
        ),
        Check(
            "threshold.no_such_level",
            ERROR,
            "A threshold starts at a level that does not exist.",
            "Add the level, or start at one that is there.",
        ),
        Check(
            "threshold.contradiction",
            ERROR,
            "All conditions of a threshold must hold, and two of them never hold together.",
            "Change one of the two, or let any condition do.",
        ),
        Check(
            "threshold.inverted",
            ERROR,
            "Whenever a threshold holds, another one with a worse severity holds too, so it never decides.",
            "Exchange the values or the severities, or remove one of the two.",
        ),
        Check(
            "threshold.overlap",
            WARNING,
            "Whenever a threshold holds, another one of the same severity holds too and starts no lower, so it adds nothing.",
            "Remove one of the two, or give them different severities or levels.",
        ),
        Check(
            "threshold.gap",
            WARNING,
            "Between the values of two thresholds lies a stretch of the same measure in which none holds.",
            "Let one of them reach as far as the other begins.",
        ),
        Check(
            "severity.gap",
            WARNING,
            "Between the severities in use one is skipped.",
            "Add a threshold for it, if incidents can be that bad.",
        ),
        Check(
            "condition.impossible",
            ERROR,
            "No value that the measure can have meets a condition.",
            "Correct the value or the comparison.",
        ),
        Check(
            "condition.always", WARNING, "Every value that the measure can have meets a condition.", "Correct the value or the comparison."
        ),
        Check(
            "condition.window",
            ERROR,
            "A condition has to hold for longer than it looks back.",
            "Make the observation window at least as long.",
        ),
        Check("condition.twice", WARNING, "A threshold has the same condition twice.", "Remove one of them."),
        Check(
            "coverage.gap",
            WARNING,
            "Within 90 days of its start, a schedule the policy relies on has times with nobody on duty who is still there.",
            "Add people or overrides for these times, or move the first hand-over.",
        ),
        Check("schedule.left", WARNING, "Somebody in a rotation can no longer sign in.", "Take them out of the rotation."),
        Check(
            "schedule.no_contact",
            WARNING,
            "Somebody in a rotation has no active contact point, so no alert reaches them on duty.",
            "Ask them to add one, or take them out of the rotation.",
        ),
        Check(
            "schedule.clock_change",
            NOTE,
            "The clocks change within 90 days: one shift is longer or shorter by as much.",
            "",
        ),
        Check("owner.left", ERROR, "The owner of the policy can no longer sign in.", "Give the policy another owner."),
        Check(
            "owner.no_contact",
            WARNING,
            "The owner, who is told when nobody answered, has no active contact point.",
            "Ask them to add one, or give the policy another owner.",
        ),
        Check("pathway.worst_case", NOTE, "When each level is reached if nobody answers.", ""),
    )
}


def found(check: str, place: str, text: str) -> Finding:
    """A finding of the check with this id; weight and remedy are the check's."""
    known = CHECKS[check]
    return Finding(known.id, known.weight, place, text, known.remedy)


def heaviest_first(findings: Iterable[Finding]) -> list[Finding]:
    """Errors, warnings, notes; within each in the order they were made."""
    order = list(Weight)
    return sorted(findings, key=lambda finding: order.index(finding.weight))


def of_weight(findings: Iterable[Finding], weight: Weight) -> list[Finding]:
    """Only those that weigh this much."""
    return [finding for finding in findings if finding.weight is weight]
