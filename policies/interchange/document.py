"""A policy file as values, and a version's content as a file. Pure: people, schedules and services are names here."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import yaml

from policies.decisions.ruleset import LevelRule, PolicySnapshot, TargetRule, ThresholdRule
from policies.decisions.vocabulary import Comparison
from portal.foundation import words
from portal.foundation.errors import InvalidInput

from .reading import Parsed, Path, Unreadable, parse
from .schema import misfits, place

FORMAT = "escalation-policy/1"
COMPARISONS = {"at least": Comparison.AT_LEAST, "above": Comparison.ABOVE, "at most": Comparison.AT_MOST, "below": Comparison.BELOW}
_COMPARED = {comparison: text for text, comparison in COMPARISONS.items()}
_BREAKS = frozenset("\n\x85\u2028\u2029")
# What a field that is left out means; the same as an empty form of the admin.
_BACKUP_AFTER, _WINDOW, _AT_ONCE = "5 min", "10 min", "0 s"


@dataclass(frozen=True, slots=True)
class Row:
    """Fields as the model of the same kind names them, where they stand in the file, and the rows under them."""

    where: str
    fields: dict[str, Any]
    rows: tuple["Row", ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """What a file says: levels with targets (their `person` a user name, their `schedule` a name), thresholds with criteria."""

    policy: str
    service: str
    resolve_within: timedelta | None
    levels: tuple[Row, ...]
    thresholds: tuple[Row, ...]


def read(raw: bytes) -> PolicyFile:
    """The policy that the YAML in `raw` describes. Raises InvalidInput with every problem, each with its line."""
    try:
        parsed = parse(raw)
    except Unreadable as error:
        raise refusal([str(error)]) from None
    problems = misfits(parsed)
    if not problems:
        found = _Reader(parsed)
        policy = found.policy()
        problems = found.problems
    if problems:
        raise refusal(problems)
    return policy


def refusal(problems: list[str]) -> InvalidInput:
    """One error that says all of `problems`, each on its line."""
    said = words.counted(len(problems), "problem")
    return InvalidInput("\n".join([f"The file cannot be imported: {said}.", *problems]), {"": problems})


class _Reader:
    def __init__(self, parsed: Parsed) -> None:
        self.parsed, self.problems = parsed, list[str]()

    def policy(self) -> PolicyFile:
        content = self.parsed.content
        levels = tuple(self.level(row, ("levels", place)) for place, row in enumerate(content["levels"]))
        thresholds = tuple(self.threshold(row, ("thresholds", place)) for place, row in enumerate(content.get("thresholds", [])))
        self.once("number", levels, "level")
        self.once("name", thresholds, "threshold")
        milestone = content.get("resolve_within")
        within = None if milestone is None else self.duration(milestone, ("resolve_within",), at_least=timedelta(seconds=1))
        return PolicyFile(content["policy"], content["service"], within, levels, thresholds)

    def level(self, row: dict[str, Any], path: Path) -> Row:
        targets = tuple(self.target(target, place, (*path, "targets", place)) for place, target in enumerate(row["targets"]))
        self.once("position", targets, "position")
        fields = {
            "number": row["number"],
            "name": row["name"],
            "kind": row.get("kind", "functional"),
            "window": self.duration(row["window"], (*path, "window"), at_least=timedelta(seconds=1)),
            "backup_after": self.duration(row.get("backup_after", _BACKUP_AFTER), (*path, "backup_after"), at_least=timedelta(seconds=1)),
        }
        return Row(self.where(path), fields, targets)

    def target(self, row: dict[str, Any], index: int, path: Path) -> Row:
        fields = {"position": row.get("position", index + 1), "person": row.get("person"), "schedule": row.get("schedule")}
        return Row(self.where(path), fields)

    def threshold(self, row: dict[str, Any], path: Path) -> Row:
        criteria = tuple(self.criterion(item, (*path, "conditions", place)) for place, item in enumerate(row["conditions"]))
        fields = {
            "name": row["name"],
            "severity": row["severity"],
            "start_level": row.get("start_level", 1),
            "combine": row.get("holds_when", "all"),
        }
        return Row(self.where(path), fields, criteria)

    def criterion(self, row: dict[str, Any], path: Path) -> Row:
        window = self.duration(row.get("window", _WINDOW), (*path, "window"), at_least=timedelta(seconds=1))
        lasting = self.duration(row.get("for_at_least", _AT_ONCE), (*path, "for_at_least"))
        if lasting > window:
            self.problems.append(f"{self.where(path)}: 'for_at_least' cannot be longer than 'window'.")
        fields = {
            "measure": row["measure"],
            "comparison": COMPARISONS[row.get("comparison", "at least")].value,
            "value": Decimal(row["value"]),
            "window": window,
            "for_at_least": lasting,
        }
        return Row(self.where(path), fields)

    def duration(self, text: str, path: Path, at_least: timedelta = timedelta(0)) -> timedelta:
        try:
            value = words.parse_duration(text)
        except ValueError as error:
            self.problems.append(f"{self.where(path)}: {error}")
            return timedelta(seconds=1)
        if value < at_least:
            self.problems.append(f"{self.where(path)}: this must be longer than nothing.")
        return value

    def once(self, field: str, rows: tuple[Row, ...], what: str) -> None:
        seen = Counter(row.fields[field] for row in rows)
        for value, times in seen.items():
            if times > 1:
                again = [row.where for row in rows if row.fields[field] == value][1]
                self.problems.append(f"{again}: {what} '{value}' stands twice.")

    def where(self, path: Path) -> str:
        return place(self.parsed.lines, path)


def write(
    content: PolicySnapshot, *, policy: str, service: str, people: Mapping[int, str], schedules: Mapping[int, str], heading: str
) -> str:
    """The file that says what `content` says. `people` gives user names and `schedules` names, by primary key; `heading` is a comment."""
    data = {
        "format": FORMAT,
        "policy": policy,
        "service": service,
        "resolve_within": words.duration(content.resolve_within) if content.resolve_within else None,
        "levels": [_level(level, people, schedules) for level in content.levels],
        "thresholds": [_threshold(threshold) for threshold in content.thresholds],
    }
    text = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=160)
    return f"# {heading}\n{text}"


class _Dumper(yaml.SafeDumper):
    """Writes rare line breaks as escapes: between single quotes they would be read back as spaces."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        style = '"' if _BREAKS.intersection(text) else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _Dumper.represent_text)


def _level(level: LevelRule, people: Mapping[int, str], schedules: Mapping[int, str]) -> dict[str, Any]:
    plain = [target.position for target in level.targets] == list(range(1, len(level.targets) + 1))
    return {
        "number": level.number,
        "name": level.name,
        "kind": level.kind,
        "window": words.duration(level.window),
        "backup_after": words.duration(level.backup_after),
        "targets": [{**({} if plain else {"position": target.position}), **_target(target, people, schedules)} for target in level.targets],
    }


def _target(target: TargetRule, people: Mapping[int, str], schedules: Mapping[int, str]) -> dict[str, str]:
    if target.schedule_id is not None:
        return {"schedule": schedules.get(target.schedule_id, target.name)}
    return {"person": people.get(target.person_id or 0, target.name)}


def _threshold(threshold: ThresholdRule) -> dict[str, Any]:
    return {
        "name": threshold.name,
        "severity": threshold.severity.value,
        "start_level": threshold.start_level,
        "holds_when": threshold.combine,
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
