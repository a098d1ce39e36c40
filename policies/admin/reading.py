"""The pieces of a version's content in sentences, for whoever reads it."""

from datetime import date
from typing import Any

from policies.decisions.judgement import business_in_words
from policies.decisions.ruleset import AnnouncementRule, ExceptionRule, LevelRule, MessageRule, PolicySnapshot, SeverityRule
from policies.decisions.vocabulary import Indicator, Scale
from policies.governance.differences import criterion_in_words
from portal.foundation import words

COMBINED = {"all": "all of these hold", "any": "any of these holds"}


def day(value: date) -> str:
    """'31 Mar 2027'."""
    return f"{value.day} {value:%b %Y}"


def level_notes(level: LevelRule, today: date) -> list[str]:
    """What a level has beside its people and its window: owner and mandate, reminders, what is wanted, what to do."""
    notes = []
    if level.owner:
        notes.append(f"{level.owner} answers for it." if not level.mandates else _mandate(level, today))
    if level.reminders:
        notes.append(f"Reminded {words.listed([words.duration(before) for before in level.reminders])} before the window closes.")
    wanted = words.listed([*level.skills, *(f"language {language}" for language in level.languages)])
    if wanted:
        notes.append(f"Wanted: {wanted}.")
    if level.runbook:
        notes.append(f"Runbook: {level.runbook}.")
    if level.needs_rca:
        notes.append("An incident that reaches it needs a root-cause analysis.")
    return notes


def _mandate(level: LevelRule, today: date) -> str:
    may = words.listed([mandate.label[:1].lower() + mandate.label[1:] for mandate in level.mandates])
    where = f" in {level.region}" if level.region else ""
    over = level.mandate_until is not None and level.mandate_until < today
    until = f", until {day(level.mandate_until)}{' (over)' if over else ''}" if level.mandate_until else ""
    return f"{level.owner} may {may}{where}{until}." + (f" Limits: {level.mandate_limits}" if level.mandate_limits else "")


def severity_rule(rule: SeverityRule) -> str:
    """'SEV1 critical: starts at level 2 at least, windows and waits at 50 % of their length.'"""
    told = [f"starts at level {rule.start_level} at least"] if rule.start_level is not None else []
    if rule.pace_percent != 100:
        told.append(f"windows and waits at {rule.pace_percent} % of their length")
    return f"{rule.severity.label}: {words.listed(told) or 'as every other severity'}."


def thresholds(content: PolicySnapshot) -> list[dict[str, Any]]:
    """Each threshold with its conditions in words."""
    return [
        {
            "rule": rule,
            "combined": COMBINED[rule.combine],
            "conditions": [criterion_in_words(criterion) for criterion in rule.criteria],
        }
        for rule in content.thresholds
    ]


def business(content: PolicySnapshot) -> list[tuple[str, str]]:
    """Name and meaning of each rule about business impact."""
    return [(rule.name, business_in_words(rule)) for rule in content.business]


def matrix(content: PolicySnapshot) -> list[tuple[str, list[str]]]:
    """A row for each impact with the priority of each urgency; nothing when no field is set."""
    cells = {(impact, urgency): f"P{priority}" for impact, urgency, priority in content.matrix}
    return [(impact.label, [cells.get((impact, urgency), "–") for urgency in Scale]) for impact in Scale] if cells else []


def exception(rule: ExceptionRule, today: date) -> dict[str, Any]:
    """An exception in words; `overdue` when its review is."""
    looked = {Indicator.SERVICE: f"the service {rule.service}", Indicator.LABEL: f"the label '{rule.label}'"}
    return {
        "name": rule.name,
        "when": f"{looked.get(rule.indicator, rule.indicator.label)}: starts at level {rule.start_level} at least",
        "rationale": rule.rationale,
        "owner": rule.owner,
        "review": day(rule.review_on),
        "overdue": rule.review_on < today,
    }


def message(rule: MessageRule) -> dict[str, str]:
    """Where a template counts, and its words."""
    where = f"level {rule.level}" if rule.level else "every level without its own"
    return {
        "where": f"{rule.track.label} track, {where}, {rule.audience.label.lower()} audience",
        "subject": rule.subject,
        "body": rule.body,
    }


def announcement(rule: AnnouncementRule) -> str:
    """'From SEV2 major on, Head of payments tells the external audience within 30 min, then every 1 h, by status page.'"""
    again = f", then every {words.duration(rule.repeat_every)}" if rule.repeat_every else ", once"
    return (
        f"From {rule.severity.label} on, {rule.speaker} tells the {rule.audience.label.lower()} audience within "
        f"{words.duration(rule.first_within)}{again}, by {words.listed(list(rule.channels))}."
    )
