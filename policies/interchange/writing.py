"""A version's content as a policy file. Pure: what is meant by primary key is written by the names that are given."""

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from policies.decisions.ruleset import (
    AnnouncementRule,
    BusinessRule,
    ExceptionRule,
    LevelRule,
    PolicySnapshot,
    SeverityRule,
    TargetRule,
    ThresholdRule,
)
from policies.decisions.vocabulary import Scale, Severity
from portal.foundation import words

from .document import COMPARISONS, FORMAT

_COMPARED = {comparison: text for text, comparison in COMPARISONS.items()}
_RARE_BREAKS = frozenset("\x85\u2028\u2029")
# kind of thing ('person', 'team', …) -> primary key -> the name that means it in a file.
Names = Mapping[str, Mapping[int, str]]


def write(content: PolicySnapshot, *, subject: Mapping[str, Any], names: Names, heading: str) -> str:
    """The file that says what `content` says. `subject` names the policy and what it speaks for; `heading` is a comment.

    What a policy says nothing about is left out.
    """
    file = _Writer(names)
    data = {
        "format": FORMAT,
        **subject,
        "resolve_within": words.duration(content.resolve_within) if content.resolve_within else None,
        "silent_after": words.duration(content.silent_after) if content.silent_after else None,
        "repeats": content.repeats or None,
        "levels": file.levels(content.levels),
        "severity_rules": [_severity_rule(rule) for rule in content.severity_rules],
        "stakeholder_from": _stakeholder_from(content),
        "stakeholder_levels": file.levels(content.stakeholder_levels),
        "compliance_levels": file.levels(content.compliance_levels),
        "thresholds": [file.threshold(rule) for rule in content.thresholds],
        "business": [_business(rule) for rule in content.business],
        "matrix": [{"impact": _step(impact), "urgency": _step(urgency), "priority": told} for impact, urgency, told in content.matrix],
        "exceptions": [file.exception(rule) for rule in content.exceptions],
        "messages": [
            {"track": rule.track.value, "level": rule.level, "audience": rule.audience.value, "subject": rule.subject, "body": rule.body}
            for rule in content.messages
        ],
        "announcements": [file.announcement(rule) for rule in content.announcements],
    }
    text = yaml.dump(_said(data, always=("levels",)), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=160)
    return f"# {heading}\n{text}"


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such. Rare line breaks are escapes: between single quotes they would be read back as spaces."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        style = '"' if _RARE_BREAKS.intersection(text) else "|" if "\n" in text else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _Dumper.represent_text)


class _Writer:
    def __init__(self, names: Names) -> None:
        self.names = names

    def named(self, kind: str, key: int | None, as_frozen: str) -> str:
        """What the thing with this key is called; the frozen name where it is not there any more, '' where nothing is meant."""
        return "" if key is None else self.names.get(kind, {}).get(key, as_frozen)

    def levels(self, levels: Iterable[LevelRule]) -> list[dict[str, Any]]:
        return [self.level(level) for level in levels]

    def level(self, level: LevelRule) -> dict[str, Any]:
        plain = [target.position for target in level.targets] == list(range(1, len(level.targets) + 1))
        told = {
            "number": level.number,
            "name": level.name,
            "kind": level.kind,
            "window": words.duration(level.window),
            "backup_after": words.duration(level.backup_after),
            "reminders": [words.duration(before) for before in level.reminders],
            "owner": self.named("person", level.owner_id, level.owner),
            "mandates": [mandate.value for mandate in level.mandates],
            "mandate_limits": level.mandate_limits,
            "mandate_until": level.mandate_until.isoformat() if level.mandate_until else "",
            "region": self.named("region", level.region_id, level.region),
            "skills": list(level.skills),
            "languages": list(level.languages),
            "runbook": self.named("runbook", level.runbook_id, level.runbook),
            "needs_rca": level.needs_rca,
            "targets": [{**({} if plain else {"position": target.position}), **self.target(target)} for target in level.targets],
        }
        return _said(told, always=("targets",))

    def target(self, target: TargetRule) -> dict[str, str]:
        keys = {"person": target.person_id, "schedule": target.schedule_id, "role": target.role_id, "team": target.team_id}
        return {kind: self.named(kind, key, target.name) for kind, key in keys.items() if key is not None}

    def threshold(self, threshold: ThresholdRule) -> dict[str, Any]:
        told = {
            "name": threshold.name,
            "severity": threshold.severity.value,
            "start_level": threshold.start_level,
            "holds_when": threshold.combine,
            "runbook": self.named("runbook", threshold.runbook_id, threshold.runbook),
            "conditions": [
                {
                    "measure": criterion.measure,
                    "comparison": _COMPARED[criterion.comparison],
                    "value": f"{criterion.value:f}",
                    "window": words.duration(criterion.window),
                    "for_at_least": words.duration(criterion.for_at_least),
                }
                for criterion in threshold.criteria
            ],
        }
        return _said(told, always=("conditions",))

    def exception(self, rule: ExceptionRule) -> dict[str, Any]:
        told = {
            "name": rule.name,
            "indicator": rule.indicator.value,
            "service": self.named("service", rule.service_id, rule.service),
            "label": rule.label,
            "start_level": rule.start_level,
            "rationale": rule.rationale,
            "owner": self.named("person", rule.owner_id, rule.owner),
            "review_on": rule.review_on.isoformat(),
        }
        return _said(told, always=("rationale",))

    def announcement(self, rule: AnnouncementRule) -> dict[str, Any]:
        told = {
            "severity": rule.severity.value,
            "audience": rule.audience.value,
            "person": self.named("person", rule.person_id, rule.speaker),
            "role": self.named("role", rule.role_id, rule.speaker),
            "channels": list(rule.channels),
            "first_within": words.duration(rule.first_within),
            "repeat_every": words.duration(rule.repeat_every) if rule.repeat_every else "",
        }
        return _said(told, always=("channels",))


def _said(told: dict[str, Any], always: Iterable[str] = ()) -> dict[str, Any]:
    """Without what says nothing, except what `always` stands there."""
    return {name: value for name, value in told.items() if name in always or not (value is None or value is False or value in ("", []))}


def _severity_rule(rule: SeverityRule) -> dict[str, Any]:
    return _said({"severity": rule.severity.value, "start_level": rule.start_level, "pace_percent": rule.pace_percent})


def _business(rule: BusinessRule) -> dict[str, Any]:
    told = {
        "name": rule.name,
        "measure": rule.measure.value,
        "value": f"{rule.value:f}",
        "currency": rule.currency,
        "impact": _step(rule.impact),
    }
    return _said(told)


def _stakeholder_from(content: PolicySnapshot) -> str:
    """Left out where it is what a file without it means, unless there are stakeholders."""
    told = content.stakeholder_from
    return told.value if content.stakeholder_levels or told is not Severity.SEV2 else ""


def _step(value: int) -> str:
    return Scale(value).name.lower()
