"""Reading a policy file, section by section, into rows. Pure; what the schema lets through but no row could hold is told with its line."""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from policies.decisions.vocabulary import Audience, Scope, Severity, Track
from portal.foundation import words

from .document import COMPARISONS, SCALES, PolicyFile, Row, refusal
from .reading import Parsed, Path, Unreadable, from_data, parse
from .schema import misfits, place

# What a field that is left out means; the same as an empty form of the admin.
_BACKUP_AFTER, _WINDOW, _AT_ONCE, _FIRST_WITHIN = "5 min", "10 min", "0 s", "30 min"
_TRACKS = {"levels": Track.TECHNICAL, "stakeholder_levels": Track.STAKEHOLDER, "compliance_levels": Track.COMPLIANCE}
_SUBJECTS = {Scope.SERVICE: "service", Scope.TIER: "tier", Scope.BUSINESS_UNIT: "business_unit"}
_SECOND = timedelta(seconds=1)
Told = dict[str, Any]


def read(source: bytes | Mapping[str, Any]) -> PolicyFile:
    """The policy that YAML, or the same as JSON's own types, describes. Raises InvalidInput with every problem, each with its line."""
    try:
        parsed = parse(source) if isinstance(source, bytes) else from_data(source)
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


class _Reader:
    """Reads a file that fits the schema; `problems` is what is wrong all the same."""

    def __init__(self, parsed: Parsed) -> None:
        self.parsed, self.content, self.problems = parsed, parsed.content, list[str]()

    def policy(self) -> PolicyFile:
        """The whole file."""
        scope, subject = self.scope()
        rows = [row for section in _TRACKS for row in self.section(section, self.level, "number")]
        rows += self.section("severity_rules", self.severity_rule, "severity")
        rows += self.section("thresholds", self.threshold, "name")
        rows += self.section("business", self.business, "name")
        rows += self.section("matrix", self.cell, "impact", "urgency")
        rows += self.section("exceptions", self.exception, "name")
        rows += self.section("messages", self.message, "track", "level", "audience")
        rows += self.section("announcements", self.announcement, "severity", "audience")
        return PolicyFile(
            policy=self.content["policy"],
            scope=scope,
            subject=subject,
            resolve_within=self.duration(self.content, (), "resolve_within", at_least=_SECOND),
            silent_after=self.duration(self.content, (), "silent_after", at_least=_SECOND),
            repeats=self.content.get("repeats", 0),
            stakeholder_from=self.content.get("stakeholder_from", Severity.SEV2.value),
            rows=tuple(rows),
        )

    def scope(self) -> tuple[str, str | int | None]:
        """What the policy speaks for; a file that names only a service is one for that service."""
        scope = Scope(self.content.get("scope", Scope.SERVICE))
        wanted = _SUBJECTS.get(scope)
        given = [name for name in _SUBJECTS.values() if name in self.content]
        if given != ([wanted] if wanted else []):
            named = f"'{wanted}' is to be named, and only that" if wanted else "no service, tier or business unit is to be named"
            self.problems.append(f"{self.where(('scope',) if 'scope' in self.content else ())}: for '{scope}' {named}.")
        return scope.value, self.content.get(wanted) if wanted else None

    def section(self, name: str, read: Callable[[Told, Path], Row], *keys: str) -> list[Row]:
        """The rows of one list of the file; `keys` are the fields that may not be the same twice."""
        rows = [read(told, (name, index)) for index, told in enumerate(self.content.get(name, []))]
        self.once(rows, keys)
        return rows

    def level(self, told: Told, path: Path) -> Row:
        fields = {
            "track": _TRACKS[str(path[0])].value,
            "number": told["number"],
            "name": told["name"],
            "kind": told.get("kind", "functional"),
            "window": self.duration(told, path, "window", at_least=_SECOND),
            "backup_after": self.duration(told, path, "backup_after", _BACKUP_AFTER, at_least=_SECOND),
            "reminders": self.durations(told, path, "reminders"),
            "mandates": ", ".join(told.get("mandates", [])),
            "mandate_limits": told.get("mandate_limits", ""),
            "mandate_until": self.day(told, path, "mandate_until"),
            "skills": ", ".join(told.get("skills", [])),
            "languages": ", ".join(told.get("languages", [])),
            "needs_rca": told.get("needs_rca", False),
        }
        targets = [self.target(each, (*path, "targets", index)) for index, each in enumerate(told["targets"])]
        self.once(targets, ("position",))
        return Row("level", self.where(path), fields, named(told, owner="person", region="region", runbook="runbook"), tuple(targets))

    def target(self, told: Told, path: Path) -> Row:
        fields = {"position": told.get("position", int(path[-1]) + 1)}
        names = named(told, person="person", schedule="schedule", role="role", team="team")
        return Row("target", self.where(path), fields, {field.replace("role", "role_held"): name for field, name in names.items()})

    def severity_rule(self, told: Told, path: Path) -> Row:
        fields = {"severity": told["severity"], "start_level": told.get("start_level"), "pace_percent": told.get("pace_percent", 100)}
        return Row("severity_rule", self.where(path), fields)

    def threshold(self, told: Told, path: Path) -> Row:
        fields = {
            "name": told["name"],
            "severity": told["severity"],
            "start_level": told.get("start_level", 1),
            "combine": told.get("holds_when", "all"),
        }
        criteria = tuple(self.criterion(each, (*path, "conditions", index)) for index, each in enumerate(told["conditions"]))
        return Row("threshold", self.where(path), fields, named(told, runbook="runbook"), criteria)

    def criterion(self, told: Told, path: Path) -> Row:
        window = self.duration(told, path, "window", _WINDOW, at_least=_SECOND) or _SECOND
        lasting = self.duration(told, path, "for_at_least", _AT_ONCE) or timedelta(0)
        if lasting > window:
            self.problems.append(f"{self.where(path)}: 'for_at_least' cannot be longer than 'window'.")
        fields = {
            "measure": told["measure"],
            "comparison": COMPARISONS[told.get("comparison", "at least")].value,
            "value": Decimal(told["value"]),
            "window": window,
            "for_at_least": lasting,
        }
        return Row("criterion", self.where(path), fields)

    def business(self, told: Told, path: Path) -> Row:
        fields = {
            "name": told["name"],
            "measure": told["measure"],
            "value": Decimal(told["value"]),
            "currency": told.get("currency", ""),
            "impact": SCALES[told.get("impact", "high")].value,
        }
        return Row("business", self.where(path), fields)

    def cell(self, told: Told, path: Path) -> Row:
        fields = {"impact": SCALES[told["impact"]].value, "urgency": SCALES[told["urgency"]].value, "priority": told["priority"]}
        return Row("cell", self.where(path), fields)

    def exception(self, told: Told, path: Path) -> Row:
        fields = {
            "name": told["name"],
            "indicator": told["indicator"],
            "label": told.get("label", ""),
            "start_level": told.get("start_level", 1),
            "rationale": told["rationale"],
            "review_on": self.day(told, path, "review_on"),
        }
        return Row("exception", self.where(path), fields, named(told, service="service", owner="person"))

    def message(self, told: Told, path: Path) -> Row:
        fields = {
            "track": told.get("track", Track.TECHNICAL.value),
            "level": told.get("level", 0),
            "audience": told.get("audience", Audience.TECHNICAL.value),
            "subject": told["subject"],
            "body": told["body"],
        }
        return Row("message", self.where(path), fields)

    def announcement(self, told: Told, path: Path) -> Row:
        fields = {
            "severity": told.get("severity", Severity.SEV2.value),
            "audience": told.get("audience", Audience.EXECUTIVE.value),
            "channels": ", ".join(told["channels"]),
            "first_within": self.duration(told, path, "first_within", _FIRST_WITHIN, at_least=_SECOND),
            "repeat_every": self.duration(told, path, "repeat_every", at_least=_SECOND),
        }
        names = named(told, person="person", role="role")
        return Row("announcement", self.where(path), fields, {key.replace("role", "role_held"): name for key, name in names.items()})

    def duration(
        self, told: Told, path: Path, name: str, default: str | None = None, at_least: timedelta = timedelta(0)
    ) -> timedelta | None:
        """The duration in the field `name`; None when neither the file nor `default` gives one."""
        text = told.get(name, default)
        if text is None:
            return None
        try:
            value = words.parse_duration(text)
        except ValueError as error:
            self.problems.append(f"{self.where((*path, name))}: {error}")
            return None
        if value < at_least:
            self.problems.append(f"{self.where((*path, name))}: this must be longer than nothing.")
        return value

    def durations(self, told: Told, path: Path, name: str) -> str:
        """A list of durations, as the model keeps it."""
        found = [self.duration({str(index): text}, (*path, name), str(index)) for index, text in enumerate(told.get(name, []))]
        return ", ".join(words.duration(each) for each in found if each is not None)

    def day(self, told: Told, path: Path, name: str) -> date | None:
        try:
            return date.fromisoformat(told[name]) if told.get(name) else None
        except ValueError:
            self.problems.append(f"{self.where((*path, name))}: '{told[name]}' is no day of the calendar.")
            return None

    def once(self, rows: list[Row], keys: tuple[str, ...]) -> None:
        """Tells what stands twice."""
        seen: Counter[Hashable] = Counter()
        for row in rows:
            key = tuple(row.fields[name] for name in keys)
            seen[key] += 1
            if seen[key] == 2:
                said = ", ".join(f"{name} '{str(row.fields[name])[:60]}'" for name in keys)
                self.problems.append(f"{row.where}: {said} stands twice.")

    def where(self, path: Path) -> str:
        return place(self.parsed.lines, path)


def named(told: Told, **kinds: str) -> dict[str, tuple[str, str]]:
    """The fields of `told` that name something, with the kind of thing that each names."""
    return {field: (kind, told[field]) for field, kind in kinds.items() if told.get(field) is not None}
