"""What changes in the tracks: levels, whom they alert, their owners and mandates, and what severities change."""

from collections.abc import Iterator
from datetime import timedelta

from policies.decisions.ruleset import LevelRule, PolicySnapshot, SeverityRule, TargetRule
from policies.decisions.vocabulary import Track
from portal.foundation import words

from .changes import COMPLIANCE, STAKEHOLDER, TECHNICAL, Change, Field, Kind, duration, moved

SECTIONS = {Track.TECHNICAL: TECHNICAL, Track.STAKEHOLDER: STAKEHOLDER, Track.COMPLIANCE: COMPLIANCE}
_PREFIX = {Track.TECHNICAL: "Level", Track.STAKEHOLDER: "Stakeholder level", Track.COMPLIANCE: "Compliance level"}
_WAIT = "wait for the next person"

LEVEL_FIELDS: tuple[Field[LevelRule], ...] = (
    Field("name", lambda level: level.name, lambda level: level.name,
          lambda place, was, now: f"{place} is called '{now.name}' instead of '{was.name}'."),
    Field("kind", lambda level: level.kind, lambda level: level.kind, lambda place, was, now: f"{place} is {now.kind} instead of {was.kind}."),
    Field("window", lambda level: level.window, lambda level: duration(level.window),
          lambda place, was, now: f"{place} window {moved(was.window, now.window)}."),
    Field(_WAIT, lambda level: level.backup_after, lambda level: duration(level.backup_after),
          lambda place, was, now: f"{place} {_WAIT} {moved(was.backup_after, now.backup_after)}."),
    Field("reminders before the window closes", lambda level: level.reminders,
          lambda level: words.listed([duration(before) for before in level.reminders])),
    Field("owner", lambda level: level.owner_id, lambda level: level.owner if level.owner_id else ""),
    Field("mandate", lambda level: level.mandates, lambda level: words.listed([mandate.label.lower() for mandate in level.mandates])),
    Field("limits of the mandate", lambda level: level.mandate_limits, lambda level: level.mandate_limits),
    Field("mandate until", lambda level: level.mandate_until, lambda level: level.mandate_until.isoformat() if level.mandate_until else ""),
    Field("region", lambda level: level.region_id, lambda level: level.region if level.region_id else ""),
    Field("skills wanted", lambda level: level.skills, lambda level: words.listed(level.skills)),
    Field("languages wanted", lambda level: level.languages, lambda level: words.listed(level.languages)),
    Field("runbook", lambda level: level.runbook_id, lambda level: level.runbook if level.runbook_id else ""),
    Field("root-cause analysis", lambda level: level.needs_rca, lambda level: "needed" if level.needs_rca else ""),
)  # fmt: skip
# What the sentence about a new level says by itself, or what would only lengthen it.
_SAID = ("name", "kind", "window", _WAIT)

SEVERITY_RULES: Kind[SeverityRule] = Kind(
    TECHNICAL,
    lambda rule: f"For {rule.severity.label}",
    (
        Field("start level", lambda rule: rule.start_level, lambda rule: str(rule.start_level) if rule.start_level is not None else ""),
        Field("length of windows", lambda rule: rule.pace_percent, lambda rule: f"{rule.pace_percent} %"),
    ),
)


def milestone_changes(before: PolicySnapshot, after: PolicySnapshot) -> Iterator[Change]:
    """The resolution milestone, the silence after an acknowledgement, and how often the technical track begins again."""
    yield from _time_changed("Resolution milestone", before.resolve_within, after.resolve_within)
    yield from _time_changed("Silence after an acknowledgement", before.silent_after, after.silent_after)
    if before.repeats != after.repeats:
        name = "Repeats of the track"
        told = f"The technical track begins again {_times(after.repeats)} instead of {_times(before.repeats)}."
        yield Change(TECHNICAL, name, "", _times(before.repeats), _times(after.repeats), told)


def _time_changed(name: str, was: timedelta | None, now: timedelta | None) -> Iterator[Change]:
    if was == now:
        return
    if was is None or now is None:
        told = f"{name} added: {duration(now)}." if now else f"{name} removed."
    else:
        told = f"{name} {moved(was, now, 'lengthened', 'shortened')}."
    yield Change(TECHNICAL, name, "", duration(was), duration(now), told)


def severity_rule_changes(before: PolicySnapshot, after: PolicySnapshot) -> Iterator[Change]:
    """What single severities change of the technical track."""
    yield from SEVERITY_RULES.between(*({rule.severity: rule for rule in content.severity_rules} for content in (before, after)))


def stakeholder_changes(before: PolicySnapshot, after: PolicySnapshot) -> Iterator[Change]:
    """From which severity on stakeholders are told."""
    was, now = before.stakeholder_from.label, after.stakeholder_from.label
    if was != now:
        yield Change(
            STAKEHOLDER, "Start of the track", "", was, now, f"The stakeholder track starts from {now} on instead of from {was} on."
        )


def track_changes(before: PolicySnapshot, after: PolicySnapshot, track: Track) -> Iterator[Change]:
    """The levels of one track, by their numbers there."""
    kind = Kind(SECTIONS[track], lambda level: f"{_PREFIX[track]} {level.number}", LEVEL_FIELDS)
    old, new = ({level.number: level for level in content.levels_of(track)} for content in (before, after))
    for number in sorted(old.keys() | new.keys()):
        if number not in old:
            yield _with_people(
                kind, kind.added(new[number], f"{_brief(kind, new[number], 'added')}, {_more(kind, new[number])}."), new[number]
            )
        elif number not in new:
            yield _with_people(kind, kind.removed(old[number], f"{_brief(kind, old[number], 'removed')}."), old[number])
        else:
            yield from kind.changed(old[number], new[number])
            yield from _targets(kind, old[number], new[number])


def _brief(kind: Kind[LevelRule], level: LevelRule, what: str) -> str:
    return f"{kind.place(level)} {what}: {level.name}, {_people(level)}"


def _more(kind: Kind[LevelRule], level: LevelRule) -> str:
    more = kind.described(level, leaving_out=_SAID)
    return f"window {words.duration(level.window)}" + (f"; {more}" if more else "")


def _with_people(kind: Kind[LevelRule], change: Change, level: LevelRule) -> Change:
    said = f"{kind.described(level)}; alerts {_people(level)}"
    before, after = (said, "") if change.field == "removed" else ("", said)
    return Change(change.section, change.place, change.field, before, after, change.words)


def _targets(kind: Kind[LevelRule], before: LevelRule, after: LevelRule) -> Iterator[Change]:
    """Positions only order people: what counts is who is first, second, …"""
    olds, news = (sorted(level.targets, key=lambda target: target.position) for level in (before, after))
    place = kind.place(after)
    where = place[0].lower() + place[1:]
    for rank in range(max(len(olds), len(news))):
        role = "Primary" if rank == 0 else f"Backup {rank}"
        was = olds[rank] if rank < len(olds) else None
        now = news[rank] if rank < len(news) else None
        if _who(was) == _who(now):
            continue
        if was is not None and now is not None:
            told = f"{role} of {where}: {now.name} instead of {was.name}."
        else:
            told = f"{role} of {where} {'added' if now else 'removed'}: {_called(now or was)}."
        yield Change(kind.section, place, role.lower(), _called(was), _called(now), told)


def _people(level: LevelRule) -> str:
    in_order = sorted(level.targets, key=lambda target: target.position)
    return words.listed([target.name for target in in_order]) or "nobody"


def _called(target: TargetRule | None) -> str:
    return target.name if target else ""


def _who(target: TargetRule | None) -> tuple[int | None, ...]:
    return (target.person_id, target.schedule_id, target.role_id, target.team_id) if target else ()


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")
