"""A comparison as a document: both versions, what changes, who did what with which words. The same content gives the same document."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from policies.governance.comparing import Comparison, Told
from policies.governance.differences import Change
from policies.pathways.models import EscalationPolicy
from portal.foundation import words
from reports.document import Column, ReportDocument, Section, Table

_DEEDS = (Column("what", "What"), Column("who", "Who"), Column("at", "When"), Column("words", "With which words"))
_ACCEPTED = (Column("check", "Check"), Column("place", "Where"), Column("says", "What it warns of"))
_NOT_A_LETTER = re.compile(r"[^a-z0-9]+")


def build(found: Comparison, policy: EscalationPolicy) -> ReportDocument:
    """The document. Times are told in the policy's time zone; what depends on the present moment is left out."""
    before, after = found.before.version, found.after.version
    count = words.counted(len(found.changes), "difference")
    sections = [_changes(name, changes, found) for name, changes in found.sections] if found.changes else []
    return ReportDocument(
        name=f"{_plain(policy.name)}-v{before.number}-v{after.number}",
        title=f"Version {after.number} against version {before.number}",
        subtitle=policy.name,
        facts=(
            ("Policy", policy.name),
            ("Speaks for", policy.speaks_for),
            ("Times in", policy.time_zone),
            *_facts(found.before, policy),
            *_facts(found.after, policy),
        ),
        highlights=(
            (f"{len(found.changes):,}", "difference" if len(found.changes) == 1 else "differences"),
            (f"{len(found.sections):,}", "section touched" if len(found.sections) == 1 else "sections touched"),
            (f"{len(found.after.accepted):,}", f"warnings accepted in version {after.number}"),
        ),
        summary=(
            f"Version {after.number} of {policy.name} makes {count} to version {before.number}."
            if found.changes
            else f"Versions {before.number} and {after.number} of {policy.name} say the same.",
            *(change.words for change in found.changes[:5]),
            *([f"And {words.counted(len(found.changes) - 5, 'more difference')}, all of them below."] if len(found.changes) > 5 else []),
        ),
        sections=(*sections, _history(found.before, policy), _history(found.after, policy)),
        definitions=(),
        notes=(
            "The SHA-256 of a version is that of its canonical content, frozen when it was submitted; approvals are given on that hash.",
            "Names of people are those they had when the content was frozen or the deed recorded.",
        ),
    )


def _facts(told: Told, policy: EscalationPolicy) -> tuple[tuple[str, str], ...]:
    version, name = told.version, f"Version {told.version.number}"
    in_force = f", in force from {moment(version.effective_from, policy)}" if version.effective_from and version.approved_at else ""
    until = f" until {moment(version.effective_until, policy)}" if version.effective_until else ""
    return (
        (name, f"{version.get_state_display()}{in_force}{until}"),
        (f"{name}, SHA-256", version.content_sha256 or "not frozen yet"),
        (f"{name}, reason", version.change_reason),
    )


def _changes(name: str, changes: list[Change], found: Comparison) -> Section:
    before, after = found.before.version.number, found.after.version.number
    rows = tuple((": ".join(part for part in (one.place, one.field) if part), one.before or "–", one.after or "–") for one in changes)
    columns = (Column("what", "What"), Column("before", f"Version {before}"), Column("after", f"Version {after}"))
    return Section(_plain(name), name, tables=(Table(_plain(name), "What changes", "", columns, rows, whole=True),))


def _history(told: Told, policy: EscalationPolicy) -> Section:
    version = told.version
    key, title = f"version-{version.number}", f"Version {version.number}: who did what"
    deeds = tuple((one.what, one.who, moment(one.at, policy), one.words or "–") for one in told.deeds)
    tables = [Table(f"{key}-deeds", "Deeds", "As recorded in the audit trail.", _DEEDS, deeds, whole=True)]
    if told.accepted:
        accepted = tuple((one.check, one.place, one.says) for one in told.accepted)
        tables.append(
            Table(f"{key}-accepted", "Warnings accepted", f"“{version.warnings_accepted}”", _ACCEPTED, accepted, whole=True),
        )
    return Section(key, title, tables=tuple(tables))


def moment(at: datetime | None, policy: EscalationPolicy) -> str:
    """'2 Mar 2026, 10:05:00 CET', in the policy's time zone."""
    if at is None:
        return "–"
    local = at.astimezone(ZoneInfo(policy.time_zone))
    return f"{local.day} {local:%b %Y, %H:%M:%S} {words.zone(local.tzname() or 'UTC')}"


def _plain(text: str) -> str:
    """'card-payments', for the name of a file."""
    return _NOT_A_LETTER.sub("-", text.lower()).strip("-")[:60] or "policy"
